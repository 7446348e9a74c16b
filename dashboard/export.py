"""The tasks of a scope as CSV or JSON lines, a few at a time: however many they are, little is held in memory."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing
from datetime import datetime, tzinfo
from typing import Any

from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import get_language, gettext_noop, override

from dashboard.deadline import TookTooLong, deadline
from dashboard.scopes import Scope
from dashboard.selectors.keyset import CREATED
from django_simple_queue import payload
from django_simple_queue.models import OperatorAction, Task
from django_simple_queue.models.audit import identify
from django_simple_queue.models.audit.scope import matching
from django_simple_queue.redaction import visible

CHUNK, CHUNK_SECONDS = 100, 30.0
COLUMNS = (
    "id task status queue priority created modified run_after started finished attempt max_attempts timeout "
    "worker release parent created_by"
).split()
PAYLOAD = ("args", "error_class", "error", "output", "log")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
FORMATS = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson; charset=utf-8"}
BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes the text for one of the machine's own alphabet
CUT_OFF = gettext_noop("The download ended before all tasks were sent.")
TOO_SLOW = gettext_noop("The database took too long to find the next tasks. Narrow the filter and export again.")


class Line:
    """What csv.writer writes to: it hands each line back."""

    def write(self, text: str) -> str:
        return text


def begin(scope: Scope, kind: str, with_payload: bool, actor: object) -> OperatorAction:
    """Write down who exports what."""
    stored = {**scope.frozen, "format": kind, "payload": with_payload}
    return OperatorAction.objects.create(
        verb="export", scope=scope.words[:500], scope_filter=stored, outcomes={"done": 0}, **identify(actor)
    )


def stream(scope: Scope, kind: str, with_payload: bool, action: OperatorAction) -> Iterator[str]:
    """Return the export line by line, in the time zone and the language of now: it is read after the request.

    At its end the action says how many tasks were sent, and whether that was all.
    """
    return as_of_now(lines(scope, kind, with_payload, action), timezone.get_current_timezone(), get_language() or "")


def as_of_now(source: Generator[str, None, None], zone: tzinfo, language: str) -> Iterator[str]:
    with closing(source):
        while True:
            with timezone.override(zone), override(language or None):
                line = next(source, None)
            if line is None:
                return
            yield line


def lines(scope: Scope, kind: str, with_payload: bool, action: OperatorAction) -> Generator[str, None, None]:
    sent, problem = 0, CUT_OFF
    try:
        found = records(scope, with_payload)
        if kind == "csv":
            yield BYTE_ORDER_MARK + csv_line(columns(with_payload))
        for record in found:
            yield csv_line([cell(value) for value in record.values()]) if kind == "csv" else json_line(record)
            sent += 1
        problem = ""
    except TookTooLong:
        problem = TOO_SLOW
        raise
    finally:
        done = {"outcomes": {"done": sent}, "problem": problem, "finished": Now()}
        OperatorAction.objects.filter(pk=action.pk).update(**done)


def columns(with_payload: bool) -> list[str]:
    return [*COLUMNS, *(PAYLOAD if with_payload else ())]


def records(scope: Scope, with_payload: bool) -> Iterator[dict[str, Any]]:
    """Yield the tasks, newest first, each with its columns as plain values; texts are redacted, long ones cut."""
    for task in walk(scope, with_payload):
        record = {name: plain(getattr(task, name)) for name in COLUMNS}
        record["status"] = str(task.get_status_display())
        yield record | (texts(task) if with_payload else {})


def walk(scope: Scope, with_payload: bool) -> Iterator[Task]:
    cursor = None
    while True:
        rows = CREATED.apply(read(matching(scope.frozen), with_payload))
        with deadline(CHUNK_SECONDS):
            tasks: list[Any] = list((rows.filter(CREATED.beyond(cursor)) if cursor else rows)[:CHUNK])
        yield from tasks
        if len(tasks) < CHUNK:
            return
        cursor = CREATED.cursor(tasks[-1])


def read(rows: Any, with_payload: bool) -> Any:
    return payload.windowed(rows) if with_payload else rows.only(*COLUMNS)


def texts(task: Task) -> dict[str, Any]:
    parts = {part.name: part.text for part in payload.parts(task)}
    return {name: visible(task.error_class) if name == "error_class" else parts.get(name, "") for name in PAYLOAD}


def plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(timezone.get_current_timezone()).isoformat()
    return value if isinstance(value, int) or value is None else visible(str(value))


def cell(value: Any) -> Any:
    """Return text so that no spreadsheet takes it for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def csv_line(values: Iterable[Any]) -> str:
    line: str = csv.writer(Line()).writerow(values)
    return line


def json_line(record: Mapping[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"


def file_name(scope: Scope, kind: str) -> str:
    """Return a name that says what is in the file, and as of when."""
    words = re.sub(r"[^A-Za-z0-9._-]+", "-", scope.words).strip("-.")[:80]
    return f"tasks-{words or 'all'}-{scope.mark.astimezone(timezone.get_current_timezone()):%Y%m%dT%H%M%S}.{kind}"
