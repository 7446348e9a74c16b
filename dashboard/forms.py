"""The enqueue form: arguments that fit the chosen task, and when, where and how often it runs."""

from __future__ import annotations

import json
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard.clocks import ClockField
from dashboard.drafts import Draft
from django_simple_queue.models import OperatorActionItem, Task
from django_simple_queue.models.audit import record
from django_simple_queue.models.audit.terms import is_never_repeated
from django_simple_queue.models.primary import alias
from django_simple_queue.payload import KEY_OF_FORM
from django_simple_queue.utils import create_task

NEVER_REPEATED = gettext_lazy("This task has run and must not run twice, so it is not edited and requeued.")
OPTIONS = ("queue", "priority", "run_after", "max_attempts", "timeout")


class EnqueueForm(forms.Form):
    """One call of one task. ``token`` is made with the page, so that a form sent twice makes one task.

    ``source`` is the task whose call is edited.
    """

    queue = forms.CharField(label=gettext_lazy("Queue"), required=False, max_length=64)
    priority = forms.IntegerField(label=gettext_lazy("Priority"), required=False, min_value=-100, max_value=100)
    run_after = ClockField(label=gettext_lazy("Run after"), required=False)
    max_attempts = forms.IntegerField(label=gettext_lazy("Attempts"), required=False, min_value=1, max_value=1000)
    timeout = forms.IntegerField(label=gettext_lazy("Time limit"), required=False, min_value=0, max_value=2_000_000_000)
    token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, draft: Draft, *args: Any, source: Task | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.draft = draft
        self.source = source

    def clean_run_after(self) -> datetime | None:
        moment: datetime | None = self.cleaned_data["run_after"]
        if moment is not None and moment.year in (MINYEAR, MAXYEAR):
            text = _("The year %s is at the end of the calendar; a year between is needed.") % moment.year
            raise ValidationError(text)
        kept = self.source.run_after if self.source else None
        return kept if kept and moment == kept.replace(microsecond=0) else moment

    def clean(self) -> dict[str, Any]:
        args = self.draft.args()
        if self.source and is_never_repeated(self.source):
            self.draft.refuse(str(NEVER_REPEATED))
        return {**self.cleaned_data, "args": args}

    def is_valid(self) -> bool:
        return super().is_valid() and not self.draft.problems

    def save(self, actor: AbstractBaseUser | AnonymousUser) -> tuple[UUID, bool]:
        """Enqueue the call and write down who did it; return the task's id and whether it is new.

        Raises what ``create_task`` raises.
        """
        options = {name: self.cleaned_data[name] for name in ("priority", "run_after", "max_attempts", "timeout")}
        options["queue"] = self.cleaned_data["queue"] or None
        path = self.draft.call.path
        with transaction.atomic(using=alias()):
            key, name = self.idempotency_key(), actor.get_username()
            task_id = create_task(path, self.cleaned_data["args"], **options, idempotency_key=key, created_by=name)
            if OperatorActionItem.objects.filter(task=task_id).exists():
                return task_id, False
            self.write_down(task_id, actor)
        return task_id, True

    def write_down(self, task_id: UUID, actor: AbstractBaseUser | AnonymousUser) -> None:
        made = Task.objects.filter(pk=task_id)
        if self.source is None:
            record("enqueue", made, actor, self.draft.call.path)
            return
        made.update(parent=self.source.pk)
        action = record("edit", made, actor, self.draft.call.path)
        action.items.create(
            task=self.source.pk,
            previous_status=self.source.status,
            previous_attempt=self.source.attempt,
            previous_run_after=self.source.run_after,
            epoch=self.source.epoch,
            created_task=task_id,
        )

    def idempotency_key(self) -> str:
        """Return a key that is the same for the same form with the same content, and only for it."""
        return f"{KEY_OF_FORM}{self.cleaned_data['token']}:{self.digest()}"

    def digest(self) -> str:
        """Return a short name of what was typed, whatever the token.

        Secrets that are kept have no part in it, and only the server can make it: nobody finds out a secret by trying.
        """
        source = str(self.source.pk) if self.source else ""
        typed = [self.draft.call.path, source, self.draft.raw, [str(self[name].value() or "") for name in OPTIONS]]
        return salted_hmac(KEY_OF_FORM, json.dumps(typed, sort_keys=True), algorithm="sha256").hexdigest()[:32]


def new_token() -> UUID:
    return uuid4()
