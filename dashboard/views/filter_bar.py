"""What the filter bar of the list offers: the values of its selects, its chips, and links that change one filter."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from dashboard.filter_words import HAS
from dashboard.filters import PAGING, TaskFilter
from dashboard.htmx import with_query
from dashboard.periods import LABELS
from dashboard.selectors.snapshot import Snapshot
from django_simple_queue import conf

BY_CELL = ("status", "task", "queue", "worker", "error", "args", "attempt")
BEHIND_MORE = ("worker", "has", "error", "args", "attempt", "duration", "since", "until", "fingerprint")


def context(request: HttpRequest, chosen: TaskFilter, picture: Snapshot) -> dict[str, Any]:
    return {
        "options": options(chosen, picture),
        "more_chosen": sum(bool(chosen.data.get(name)) for name in BEHIND_MORE),
        "chips": [
            (label, in_words(name, value, picture), link(request, **{name: None}))
            for name, label, value in chosen.chips()
        ],
        "by": {name: prefix(request, name) for name in BY_CELL},
        "list_query": query_of(request),
        "without_text": link(request, q=None),
    }


def options(chosen: TaskFilter, picture: Snapshot) -> dict[str, list[tuple[str, str]]]:
    """Return (value, words) for each select; a value that is chosen is among them whether it is known or not."""
    tasks = {*(conf.get_allowed_tasks() or ()), str(chosen.data.get("task") or "")} - {""}
    queues = {*picture.queues, str(chosen.data.get("queue") or "")} - {""}
    workers = {str(pk): str(worker) for pk, worker in picture.fleet.workers.items()}
    worker = str(chosen.data.get("worker") or "")
    return {
        "task": [(path, path) for path in sorted(tasks)],
        "queue": [(name, name) for name in sorted(queues)],
        "worker": list(({worker: worker[-8:]} | workers if worker else workers).items()),
        "time": [(name, str(words).capitalize()) for name, words in LABELS.items()],
        "has": [(name, str(words).capitalize()) for name, words in HAS.items()],
    }


def query_of(request: HttpRequest) -> str:
    """Return the question mark and the filters of this list, "" without filters."""
    return link(request).removeprefix(request.path)


def in_words(name: str, value: str, picture: Snapshot) -> str:
    if name != "worker":
        return value
    return next((str(worker) for pk, worker in picture.fleet.workers.items() if str(pk) == value), value[-8:])


def link(request: HttpRequest, **changes: str | None) -> str:
    """Return the address of this list with other filters, on its first page."""
    return with_query(request, **{**dict.fromkeys(PAGING), **changes})


def prefix(request: HttpRequest, name: str) -> str:
    """Return the address of this list up to the value of the filter ``name``."""
    address = link(request, **{name: None})
    return f"{address}{'&' if '?' in address else '?'}{name}="
