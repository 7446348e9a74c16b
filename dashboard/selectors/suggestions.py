"""What the search box proposes while somebody types: keys, and for a key the values that are known.

Names come from the allowlist, the workers and the newest tasks, never from a walk through the table. Keys and values of
arguments need the permission to see them, and secrets are masked before they are proposed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashboard.deadline import TookTooLong, deadline
from dashboard.filter_words import HAS
from dashboard.filters import TABS
from dashboard.formats import number
from dashboard.periods import LABELS
from dashboard.selectors.headline import short
from dashboard.selectors.rows import light
from dashboard.selectors.snapshot import Snapshot
from dashboard.tokens import KEYS, quoted
from django_simple_queue import conf
from django_simple_queue.models import Task
from django_simple_queue.redaction import REDACTED, redact_args, visible

SECONDS = 0.5
MOST = 8
SAMPLE = 200
LONGEST = 80
HINTS = {
    "status": _("queued, failed, …"),
    "task": _("name of a task"),
    "queue": _("a queue"),
    "worker": _("a worker, host:pid"),
    "error": _("text of an error"),
    "args": _("order_id=7, or any text"),
    "attempt": _("2, >1, 2..5"),
    "duration": _(">10s, <200ms"),
    "has": _("error, output, log or no_worker"),
    "time": _("today, 1h, 24h, …"),
    "since": _("2h, yesterday, 2026-11-24"),
    "until": _("2026-11-24 (that day too)"),
}
EXAMPLES = {
    "attempt": ("1", ">1", ">=3"),
    "duration": ("<100ms", ">1s", ">10s", ">1m", ">10m"),
    "since": ("15m", "2h", "24h", "today", "yesterday"),
    "until": ("1h", "today", "yesterday"),
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """``text`` takes the place of the word being typed; one that ``goes_on`` wants a value after it."""

    text: str
    shown: str
    hint: str = ""
    goes_on: bool = False


def suggest(word: str, task: str, payload: bool, picture: Snapshot) -> list[Suggestion]:
    """Return at most eight proposals for the last word of the box; ``task`` is the task that is filtered for."""
    typed, colon, begun = word.partition(":")
    if colon and (key := typed.lower()) in KEYS:
        return [] if key == "args" and not payload else values(key, begun, task, picture)
    return [*keys(word, payload), *of_any_key(word)][:MOST]


def keys(begun: str, payload: bool) -> Iterator[Suggestion]:
    for key in KEYS:
        if key.startswith(begun.casefold()) and (payload or key != "args"):
            yield Suggestion(f"{key}:", f"{key}:", str(HINTS[key]), goes_on=True)


def of_any_key(begun: str) -> Iterator[Suggestion]:
    """Yield states and tasks that are named like the word itself."""
    if not begun:
        return
    for key in ("status", "task"):
        for value, hint in known(key, "", Snapshot.empty()):
            if begun.casefold() in value.casefold():
                yield proposal(key, value, hint)


def values(key: str, begun: str, task: str, picture: Snapshot) -> list[Suggestion]:
    begun = begun.strip("\"'").casefold()
    fits = [(value, hint) for value, hint in known(key, task, picture) if begun in value.casefold()]
    fits.sort(key=lambda pair: not pair[0].casefold().startswith(begun))
    return [proposal(key, value, hint) for value, hint in fits[:MOST]]


def proposal(key: str, value: str, hint: str) -> Suggestion:
    return Suggestion(f"{key}:{quoted(value)}", f"{key}:{visible(value)}", hint)


def known(key: str, task: str, picture: Snapshot) -> list[tuple[str, str]]:
    """Return (value, words about it) of what is known for ``key`` in time, the likeliest first."""
    if key in EXAMPLES:
        return [(example, "") for example in EXAMPLES[key]]
    with suppress(TookTooLong), deadline(SECONDS):
        return arguments(task) if key == "args" else VALUES[key](picture)
    return []


def states(picture: Snapshot) -> list[tuple[str, str]]:
    return [(slug, counted(picture.counts.get(slug))) for slug in TABS if slug]


def tasks(picture: Snapshot) -> list[tuple[str, str]]:
    """Return the allowlist, or without one what the newest tasks are called."""
    allowed = conf.get_allowed_tasks()
    return [(path, conf.get_task_options(path).title) for path in sorted(newest() if allowed is None else allowed)]


def newest() -> set[str]:
    return set(Task.objects.order_by("-created", "-id").values_list("task", flat=True)[:SAMPLE])


def queues(picture: Snapshot) -> list[tuple[str, str]]:
    return [(name, "") for name in picture.queues]


def workers(picture: Snapshot) -> list[tuple[str, str]]:
    return [(str(worker), state_words(worker)) for worker in picture.fleet.workers.values()]


def counted(count: int | None) -> str:
    return "" if count is None else number(count)


def state_words(worker: Any) -> str:
    return worker.get_state_display() if worker.is_live else gettext("not alive")


def errors(picture: Snapshot) -> list[tuple[str, str]]:
    """Return the classes of the newest failures with how many of them there are."""
    failed = Task.objects.filter(status=Task.FAILED).order_by("-finished", "-id")
    classes = Counter(filter(None, failed.values_list("error_class", flat=True)[:SAMPLE]))
    return [(short(name), gettext("%d of the newest failures") % count) for name, count in classes.most_common()]


def arguments(task: str) -> list[tuple[str, str]]:
    """Return ``key=value`` of the newest tasks, as they may be shown; the commonest first."""
    rows: Any = light(Task.objects.filter(task=task) if task else Task.objects.all()).order_by("-created", "-id")
    pairs = Counter(pair for row in rows[:SAMPLE] if row.args_short for pair in shown_pairs(row))
    return [(f"{key}={value}", "") for (key, value), _count in pairs.most_common()]


def shown_pairs(row: Any) -> Iterator[tuple[str, str]]:
    args = redact_args(row.task, row.args_short)
    for key, value in args.items() if isinstance(args, Mapping) else ():
        plain = isinstance(value, str | int | float) and not isinstance(value, bool)
        if plain and key.isidentifier() and REDACTED not in str(value) and 0 < len(str(value)) <= LONGEST:
            yield key, str(value)


VALUES: dict[str, Callable[[Snapshot], list[tuple[str, str]]]] = {
    "status": states,
    "task": tasks,
    "queue": queues,
    "worker": workers,
    "error": errors,
    "has": lambda picture: [(name, str(words)) for name, words in HAS.items()],
    "time": lambda picture: [(name, str(words)) for name, words in LABELS.items()],
}
