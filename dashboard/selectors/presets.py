"""Arguments to begin with: those of a stored task, of recent calls, or of a link."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, F, TextField, When
from django.db.models.functions import Coalesce, Length
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.deadline import TookTooLong, deadline
from dashboard.fields.typed_json import read_object
from dashboard.formats import compact
from dashboard.keeping import Kept
from dashboard.signature import Call
from django_simple_queue.models import Task
from django_simple_queue.redaction import REDACTED, Redacted, redact_args

SECONDS = 0.5
EXAMINED = 40
OFFERED = 5
LONGEST_ARGS = 20_000
LONGEST_LABEL = 40


@dataclass(frozen=True, slots=True)
class Preset:
    """Arguments that were used before; ``pk`` is the latest task that had them."""

    pk: UUID
    label: str
    used: datetime


@dataclass(frozen=True, slots=True)
class Recent:
    """The latest calls of a task: distinct arguments to offer, and when each was last used.

    ``calls`` are redacted: told that two secrets are the same, somebody could find one out by trying.
    """

    path: str
    presets: Sequence[Preset] = ()
    calls: Sequence[tuple[str, datetime]] = ()

    def same_call(self, args: Mapping[str, Any]) -> datetime | None:
        """Return when arguments that look the same were enqueued last, as far as the latest calls know."""
        wanted = normal(redact_args(self.path, json.dumps(args)))
        return next((created for shown, created in self.calls if shown == wanted), None)


def recent(call: Call) -> Recent:
    presets: dict[str, Preset] = {}
    calls = []
    for row in latest(call.path):
        shown = redact_args(call.path, row.args_short)
        calls.append((normal(shown), row.created))
        if isinstance(shown, dict) and shown and (label := label_of(shown)):
            presets.setdefault(label, Preset(row.pk, label, row.created))
    return Recent(call.path, list(presets.values())[:OFFERED], calls)


def latest(path: str) -> list[Any]:
    """Return the latest calls whose arguments are short; the long ones are not even read. None when it takes long."""
    short = Case(When(size__lte=LONGEST_ARGS, then=F("args")), output_field=TextField(null=True))
    rows = Task.objects.filter(task=path).order_by("-created", "-id").only("pk", "created")
    sized = rows.annotate(size=Coalesce(Length("args"), 0)).annotate(args_short=short)[:EXAMINED]
    with suppress(TookTooLong), deadline(SECONDS):
        return [row for row in sized if row.size <= LONGEST_ARGS]  # type: ignore[attr-defined]
    return []


def label_of(args: Mapping[str, Any]) -> str:
    words = [value if isinstance(value, str) else compact(value) for value in args.values() if value not in (None, "")]
    text = " · ".join(word for word in words if REDACTED not in word)
    return text if len(text) <= LONGEST_LABEL else f"{text[: LONGEST_LABEL - 1]}…"


def normal(shown: Any) -> str:
    return json.dumps(shown, sort_keys=True, default=str)


@dataclass(frozen=True, slots=True)
class Start:
    """What a form begins with; ``note`` says what was left out of it and why."""

    values: Mapping[str, Any]
    kept: Kept | None = None
    note: str = ""


def of_task(call: Call, task: Task, keep: bool) -> Start:
    """Return the arguments of ``task``; its secrets are kept on the server, or left out.

    Raises ValueError, in a sentence, when its arguments cannot be shown.
    """
    stored = {**by_place(call, task), **by_name(task)}
    shown = redact_args(call.path, json.dumps(stored))
    if isinstance(shown, Redacted):
        raise ValueError(shown)
    if keep:
        return Start(shown, Kept(stored, shown))
    return without_secrets(shown, _("A secret is never copied; type it again: %s."))


def by_name(task: Task) -> dict[str, Any]:
    try:
        return task.arguments
    except ValueError:
        raise ValueError(_("They are not a JSON object.")) from None


def by_place(call: Call, task: Task) -> dict[str, Any]:
    """Return the arguments that were passed by position, under their names."""
    positional = json.loads(task.positional or "[]")
    if len(positional) > len(call.parameters):
        said = ngettext(
            "It was called with %d position, more than it has names for.",
            "It was called with %d positions, more than it has names for.",
            len(positional),
        )
        raise ValueError(said % len(positional))
    return {member.name: value for member, value in zip(call.parameters, positional, strict=False)}


def of_link(call: Call, text: str) -> Start:
    """Return the arguments that an address carries, without its secrets: an address is kept in too many places."""
    try:
        read_object(text)
        shown = redact_args(call.path, text)
    except ValueError as error:
        return Start({}, note=_("The arguments of this link cannot be read. %s") % error)
    if isinstance(shown, Redacted):
        return Start({}, note=shown)
    return without_secrets(shown, _("A link does not carry secrets; type it again: %s."))


def without_secrets(shown: Mapping[str, Any], note: str) -> Start:
    open_ = {name: value for name, value in shown.items() if REDACTED not in json.dumps(value, ensure_ascii=False)}
    left_out = [name[:40] for name in shown if name not in open_]
    return Start(open_, note=note % ", ".join(left_out) if left_out else "")
