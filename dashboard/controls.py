"""Pause, resume and drain as an operator says them: the question with its form, and the sentence after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from dashboard.wording import paused_already
from django_simple_queue.models import OperatorAction, QueuePause, Task, Worker
from django_simple_queue.models.control import (
    REASON_LENGTH,
    drain_worker,
    pause_queue,
    pause_worker,
    queue_words,
    resume_queue,
    resume_worker,
)
from django_simple_queue.redaction import visible

LASTS = {
    "": gettext_lazy("until somebody resumes it"),
    "15": gettext_lazy("15 minutes"),
    "60": gettext_lazy("1 hour"),
    "240": gettext_lazy("4 hours"),
    "1440": gettext_lazy("24 hours"),
}
PLAIN = {"class": "input mono", "autocomplete": "off", "spellcheck": "false"}
UNHEARD_OF = gettext_noop("Nothing waits in a queue “%s”, and no worker and no setting speaks of it. Is that the one?")
Do = Callable[[dict[str, Any], object], OperatorAction]


class ReasonForm(forms.Form):
    answer = ""
    """What its button says instead of the control's answer."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=REASON_LENGTH,
        help_text=gettext_lazy("Others see it beside your name, here and in Activity."),
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )

    def place_focus(self) -> None:
        """Let the focus begin in the first field that is wrong, or must be filled in and is empty."""
        waiting = (each for each in self.visible_fields() if each.errors or is_wanting(each))
        next(waiting, self["reason"]).field.widget.attrs["autofocus"] = True


def is_wanting(field: forms.BoundField) -> bool:
    return field.field.required and not field.value()


class PauseForm(ReasonForm):
    """``seen`` is the pause that it replaces: none, unless somebody has been told of one and sends it once more."""

    seen = forms.CharField(max_length=16, required=False, widget=forms.HiddenInput)
    lasting = forms.ChoiceField(
        label=gettext_lazy("For how long"), choices=list(LASTS.items()), required=False, widget=forms.Select
    )

    def tell_of(self, pause: QueuePause, actor: object) -> None:
        """Say that ``pause`` stands; sent once more, the form changes that."""
        self.data = {**self.data.dict(), "seen": pause.version}  # type: ignore[attr-defined]
        self.answer = _("Change the pause")
        self.add_error(None, paused_already(pause, actor))


class QueueForm(PauseForm):
    """``known`` are proposed; of another queue, where nothing waits either, it asks whether that one is meant.

    ``meant`` is the queue for which that has been asked.
    """

    meant = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    queue = forms.CharField(
        label=gettext_lazy("Queue"),
        max_length=64,
        widget=forms.TextInput(attrs={**PLAIN, "list": "known-queues"}),
    )
    field_order = ("queue", "reason", "lasting")

    def __init__(self, known: Sequence[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = known

    def clean_queue(self) -> str:
        queue: str = self.cleaned_data["queue"]
        if queue == QueuePause.ALL:
            raise forms.ValidationError(_("* is every queue: use Pause all."))
        if queue not in self.known and queue != self.data.get("meant") and not is_in_use(queue):
            self.data = {**self.data.dict(), "meant": queue}  # type: ignore[attr-defined]
            self.answer = _("Pause it all the same")
            raise forms.ValidationError(_(UNHEARD_OF) % visible(queue))
        return queue


def is_in_use(queue: str) -> bool:
    waits = Task.objects.filter(status=Task.QUEUED, queue=queue)
    return waits.exists() or QueuePause.objects.filter(queue=queue).exists()


class EverythingForm(PauseForm):
    """Asks for the name of the place, so that nobody stops the wrong one."""

    place = forms.CharField(
        max_length=200,
        widget=forms.TextInput(attrs=PLAIN),
    )

    def __init__(self, expected: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected
        self.fields["place"].label = _("Type %(name)s to say that you mean this one") % {"name": expected}

    def clean_place(self) -> str:
        if self.cleaned_data["place"] != self.expected:
            raise forms.ValidationError(_("This is %(name)s.") % {"name": self.expected})
        return self.expected


@dataclass(frozen=True, slots=True)
class Control:
    """One thing that may be asked for: ``title`` and ``text`` say what it does, ``answer`` is its button."""

    title: str
    text: str
    answer: str
    said: Callable[[dict[str, Any]], str]
    do: Do
    danger: bool = False


def pausing_worker(worker: Worker) -> Control:
    return Control(
        title=_("Pause %(name)s?") % {"name": worker},
        text=_("It claims nothing more until it is resumed. What it runs goes on. A restart runs again."),
        answer=_("Pause worker"),
        said=lambda data: _("Paused %(name)s.") % {"name": worker},
        do=lambda data, actor: pause_worker(worker.pk, data["reason"], actor),
    )


def draining(worker: Worker) -> Control:
    return Control(
        title=_("Drain %(name)s?") % {"name": worker},
        text=_("It finishes what it runs, gives back what has not started, and leaves. That cannot be taken back."),
        answer=_("Drain worker"),
        said=lambda data: _("%(name)s finishes what it runs and leaves.") % {"name": worker},
        do=lambda data, actor: drain_worker(worker.pk, data["reason"], actor),
        danger=True,
    )


def resuming_worker(pk: UUID) -> Do:
    return lambda data, actor: resume_worker(pk, actor)


def resuming_queue(queue: str, seen: str) -> Do:
    return lambda data, actor: resume_queue(queue, actor, seen=seen)


def pausing_queue(queue: str) -> Control:
    everything = queue == QueuePause.ALL
    words = {"queue": queue_words(queue)} if queue else {"queue": _("a queue")}
    return Control(
        title=_("Pause %(queue)s?") % words,
        text=_("No worker claims anything, from any queue. What runs goes on.")
        if everything
        else _("No worker claims from it. What runs goes on, and other queues are served as before."),
        answer=_("Pause everything") if everything else _("Pause queue"),
        said=lambda data: _("Paused %(queue)s.") % {"queue": queue_words(data.get("queue") or queue)},
        do=lambda data, actor: pause_queue(
            data.get("queue") or queue, data["reason"], actor, until=end_of(data), seen=data["seen"]
        ),
        danger=everything,
    )


def end_of(data: dict[str, Any]) -> timedelta | None:
    return timedelta(minutes=int(data["lasting"])) if data.get("lasting") else None
