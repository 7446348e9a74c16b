"""What the filter bar of the list offers: the values of its selects, its chips, and links that change one filter."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext

from dashboard.filter_words import HAS, NO_GROUP
from dashboard.filters import PAGING, TaskFilter
from dashboard.hints import hint
from dashboard.htmx import with_query
from dashboard.ids import whole
from dashboard.instead import instead
from dashboard.periods import LABELS
from dashboard.selectors.headline import short
from dashboard.selectors.rows import Row
from dashboard.selectors.snapshot import Snapshot
from django_simple_queue import conf

BY_CELL = ("status", "task", "queue", "worker", "error", "args", "attempt")
BEHIND_MORE = ("worker", "has", "error", "args", "attempt", "duration", "since", "until", "fingerprint")


def context(request: HttpRequest, chosen: TaskFilter, picture: Snapshot, rows: Sequence[Row]) -> dict[str, Any]:
    return {
        "options": SimpleLazyObject(lambda: options(chosen, picture, rows)),
        "more_chosen": sum(bool(chosen.data.get(name)) for name in BEHIND_MORE),
        "chips": [
            (*in_words(name, label, value, picture, rows), link(request, **{name: None}))
            for name, label, value in chosen.chips()
        ],
        "by": {name: prefix(request, name) for name in BY_CELL},
        "list_query": query_of(request),
        "without_text": link(request, q=None),
        "hint": hint(chosen.text),
        "instead": None if rows else meant_otherwise(request, chosen.text),
    }


def meant_otherwise(request: HttpRequest, text: str) -> tuple[str, str] | None:
    """Return what ``text`` may have meant, and the address of this list with that."""
    other = instead(text)
    return (other, link(request, q=other)) if other else None


def options(chosen: TaskFilter, picture: Snapshot, rows: Sequence[Row]) -> dict[str, list[tuple[str, str]]]:
    """Return (value, words) for each select; a value that is chosen is among them whether it is known or not."""
    listed = {row.task.task for row in rows}
    tasks = {*(conf.get_allowed_tasks() or ()), *listed, str(chosen.data.get("task") or "")} - {""}
    queues = {*picture.queues, str(chosen.data.get("queue") or "")} - {""}
    workers = {str(pk): str(worker) for pk, worker in picture.fleet.workers.items()}
    worker = str(chosen.data.get("worker") or "")
    return {
        "task": sorted(((path, name_first(path)) for path in tasks), key=itemgetter(1)),
        "queue": [(name, name) for name in sorted(queues)],
        "worker": list(({worker: unknown_worker(worker)} | workers if worker else workers).items()),
        "time": [(name, str(words).capitalize()) for name, words in LABELS.items()],
        "has": [(name, str(words).capitalize()) for name, words in HAS.items()],
    }


def name_first(path: str) -> str:
    """Return a dotted path with what tells it from others in front, where a narrow select shows it."""
    modules, _, name = path.rpartition(".")
    return f"{name} · {modules}" if modules else name


def query_of(request: HttpRequest) -> str:
    """Return the question mark and the filters of this list, "" without filters."""
    return query_part(link(request))


def query_part(address: str) -> str:
    """Return an address from its question mark on, "" where it has none."""
    return "".join(address.partition("?")[1:])


def in_words(name: str, label: str, value: str, picture: Snapshot, rows: Sequence[Row]) -> tuple[str, str]:
    """Return the label and the value of a chip; a worker and a group of failures have names that people know."""
    if name == "worker":
        known = (str(worker) for pk, worker in picture.fleet.workers.items() if str(pk) == value)
        return label, next(known, unknown_worker(value))
    named = next((row.task for row in rows if row.task.error_class), None) if name == "fingerprint" else None
    if named and value != NO_GROUP:
        words = {"error": short(named.error_class), "task": short(named.task)}
        return gettext("group"), gettext("%(error)s of %(task)s") % words
    return label, value


def unknown_worker(text: str) -> str:
    return text[-8:] if whole(text) else text


def link(request: HttpRequest, **changes: str | None) -> str:
    """Return the address of this list with other filters, on its first page."""
    return with_query(request, **{**dict.fromkeys(PAGING), **changes})


def prefix(request: HttpRequest, name: str) -> str:
    """Return the query of this list up to the value of the filter ``name``."""
    query = query_part(link(request, **{name: None}))
    return f"{query or '?'}{'&' if query else ''}{name}="
