"""The options of the enqueue form: what they say, what is wrong with them, and what becomes of the call by them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.clocks import shown
from dashboard.forms import OPTIONS, EnqueueForm
from dashboard.selectors.outlook import Check
from django_simple_queue import conf


def options_context(form: EnqueueForm) -> Mapping[str, Any]:
    options = conf.get_task_options(form.draft.call.path)
    limit = conf.get_task_timeout() if options.timeout is None else options.timeout or None
    plain = {
        "queue": options.queue,
        "priority": options.priority,
        "max_attempts": options.max_attempts or conf.get_max_attempts(),
        "timeout": limit,
    }
    return {
        "plain": plain,
        "options_said": in_words({**plain, **dict(chosen(form))}, len(wrong(form))),
        "options_open": is_open(form),
        "after": shown(form["run_after"].value()),
    }


def is_open(form: EnqueueForm) -> bool:
    """Tell whether the options must be seen: opened by hand, or something was said or is wrong there.

    Those of an edited task are as they were.
    """
    said = form.is_bound and any(form[name].value() not in (None, "") for name in OPTIONS)
    return said or bool(wrong(form)) or form.data.get("options") == "open"


def wrong(form: EnqueueForm) -> Sequence[str]:
    """Return the names of the options that cannot be taken as they are."""
    return [name for name in OPTIONS if form[name].errors]


def chosen(form: EnqueueForm) -> Iterator[tuple[str, Any]]:
    """Yield the options that were filled in."""
    for name in OPTIONS:
        with suppress(ValidationError):
            value = form.fields[name].clean(form[name].value())
            if value not in (None, ""):
                yield name, value


def in_words(options: Mapping[str, Any], to_correct: int) -> str:
    """Say in one line where, when and how often the call will run."""
    parts = [_("queue %s") % options["queue"]]
    if options["priority"]:
        parts.append(_("priority %s") % options["priority"])
    moment, attempts = options.get("run_after"), options["max_attempts"]
    parts.append(start(moment) if moment else _("now"))
    parts.append(ngettext("%d attempt", "%d attempts", attempts) % attempts)
    parts.append(_("limit %s") % whole(options["timeout"]) if options["timeout"] else _("no time limit"))
    if to_correct:
        parts.append(ngettext("%d to correct", "%d to correct", to_correct) % to_correct)
    return ", ".join(parts)


def start(moment: datetime) -> str:
    said = date_format(timezone.localtime(moment), "j M Y H:i:s")
    return _("%s has passed: starts at once") % said if moment < timezone.now() else said


def said(value: Any) -> Any:
    return start(value) if isinstance(value, datetime) else value


def whole(seconds: int) -> str:
    """Return a length of time in the largest unit that loses nothing: "90 s", "60 min", "2 h"."""
    units = ((3600, _("%s h")), (60, _("%s min")))
    size, words = next((unit for unit in units if seconds >= 2 * unit[0] and not seconds % unit[0]), (1, _("%s s")))
    return words % (seconds // size)


def past(form: EnqueueForm) -> Sequence[Check]:
    """Return a remark when the time to run after has gone by."""
    moment = dict(chosen(form)).get("run_after")
    gone = moment is not None and moment < timezone.now()
    return [Check(_("Run after is in the past: it starts at once"), "warn")] if gone else []
