"""Text search: it walks back through the list in ever larger chunks, and says how far it came."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Left

from dashboard.filters import TaskFilter
from dashboard.formats import arguments_text
from dashboard.selectors.keyset import Cursor, Order
from dashboard.selectors.rows import ERROR_EDGE, end_of_error, light
from django_simple_queue.models import Task
from django_simple_queue.redaction import redact_args, redact_head, redact_text

CHUNKS = (5_000, 95_000)
HITS = 50
SECONDS = 0.3
ERROR_SEARCHED = 20_000


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a search came: every row of the list when ``cursor`` is None, else those down to ``moment``."""

    cursor: Cursor | None
    moment: datetime | None = None


def search(filters: TaskFilter, order: Order, start: Cursor | None, payload: bool) -> tuple[list[Any], Reach]:
    """Return at most 50 rows that hold the text where the operator may see it, and how far the search came."""
    end = time.monotonic() + SECONDS
    hits: list[Any] = []
    reach = Reach(start)
    for size in CHUNKS:
        rows = order.apply(filters.qs)
        if reach.cursor:
            rows = rows.filter(order.beyond(reach.cursor))
        last: Any = rows[size - 1 : size].first()
        hits += matches(rows, order, last, filters.text, payload, HITS - len(hits))
        reach = Reach(order.cursor(last), last.key) if last else Reach(None)
        if len(hits) == HITS:
            return hits, Reach(order.cursor(hits[-1]), hits[-1].key)
        if last is None or time.monotonic() > end:
            break
    return hits, reach


def matches(rows: QuerySet[Task], order: Order, last: Any, text: str, payload: bool, wanted: int) -> list[Any]:
    """Return the rows of the chunk that ends with ``last`` in which ``text`` is visible."""
    within = rows.filter(order.beyond(order.cursor(last), backwards=True, inclusive=True)) if last else rows
    holds = Q(task__icontains=text)
    if payload:
        holds |= Q(args__icontains=stored_form(text)) | Q(error__icontains=text)
    found = light(within.filter(holds)).annotate(error_start=Left("error", ERROR_SEARCHED))
    return list(visible(found, text, payload, wanted))


def stored_form(text: str) -> str:
    """Return what a stored argument holds of ``key=value`` as the list writes it: the value."""
    key, equals, value = text.partition("=")
    return value.strip('"') if equals and key.isidentifier() and value else text


def visible(rows: QuerySet[Task], text: str, payload: bool, wanted: int) -> Iterator[Any]:
    """Yield rows that show ``text`` after redaction: a search must not tell what a secret is."""
    needle = text.casefold()
    for row in rows.iterator(chunk_size=HITS):
        if wanted <= 0:
            return
        if shows(row, needle, payload):
            wanted -= 1
            yield row


def shows(row: Any, needle: str, payload: bool) -> bool:
    if needle in row.task.casefold():
        return True
    if not payload:
        return False
    if row.args_size and row.args_short is None:
        return needle in str(row.error_class).casefold()
    args = redact_args(row.task, row.args_short)
    texts = [arguments_text(args), json.dumps(args, ensure_ascii=False, default=str)]
    texts += [start_of_error(row), end_of_error(row)]
    return any(needle in text.casefold() for text in texts)


def start_of_error(row: Any) -> str:
    if len(row.error_start or "") < ERROR_SEARCHED:
        return redact_text(row.task, row.args_short, row.error_start)
    return redact_head(row.task, row.args_short, row.error_start, ERROR_EDGE)
