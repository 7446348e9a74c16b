"""Long texts as a page shows them: their two ends, in lines that keep their names while the text grows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Left, Length, Right

from dashboard import ansi
from django_simple_queue.models import Task
from django_simple_queue.redaction import redact_head, redact_tail, redact_text

TEXTS = ("output", "error", "log")
WINDOW = 16_000
WIDER = 8
MARGIN = 8_000
MOST_LINES = 400
LEVEL = re.compile(r"\b(?:(?P<warn>WARN(?:ING)?)|(?P<failed>ERROR|CRITICAL|FATAL))\b")
LEVEL_WITHIN = 60


@dataclass(frozen=True, slots=True)
class Line:
    """``key`` names the line by where it begins in the stored text; ``tone`` is "warn", "failed" or ""."""

    key: int
    pieces: Sequence[ansi.Piece]
    tone: str


@dataclass(frozen=True, slots=True)
class Window:
    """The beginning and the end of a text; ``hidden`` characters between them, or before the end, are left out."""

    head: str = ""
    tail: str = ""
    hidden: int = 0
    length: int = 0
    first: Sequence[Line] = ()
    last: Sequence[Line] = ()

    @property
    def multiline(self) -> bool:
        return "\n" in self.head.strip()


def size_of(name: str, wider: str) -> int:
    return WINDOW * WIDER if name == wider else WINDOW


def with_windows(tasks: QuerySet[Task], wider: str = "") -> QuerySet[Task]:
    """Leave the long texts in the database and bring the ends and the length of each; more of the text ``wider``."""
    parts: dict[str, Any] = {}
    for name in TEXTS:
        read = size_of(name, wider) + MARGIN
        parts |= {f"{name}_head": Left(name, read), f"{name}_tail": Right(name, read), f"{name}_length": Length(name)}
    return tasks.defer(*TEXTS).annotate(**parts)


def window(task: Task, name: str, wider: str = "") -> Window:
    """Return the ends of a text of a task that ``with_windows`` has read; the cut never lies inside a secret.

    Of a text that still grows only the end is shown.
    """
    length = getattr(task, f"{name}_length") or 0
    size = size_of(name, wider)
    if task.status == Task.PROGRESS and length > size:
        return ends(task, name, length, size, live=True)
    if length > 2 * size:
        return ends(task, name, length, size)
    raw = getattr(task, f"{name}_head" if length <= size + MARGIN else name) or ""
    text = redact_text(task.task, task.args, raw)
    most = MOST_LINES * WIDER if name == wider else MOST_LINES
    return shortened(text, lines(raw, text, 0), length, most)


def ends(task: Task, name: str, length: int, size: int, *, live: bool = False) -> Window:
    raw_head, raw_tail = getattr(task, f"{name}_head"), getattr(task, f"{name}_tail")
    head = "" if live else redact_head(task.task, task.args, raw_head, MARGIN)
    tail = redact_tail(task.task, task.args, raw_tail, MARGIN)
    most = MOST_LINES * (size // WINDOW)
    first = lines(raw_head, head, 0)[:most] if head else []
    last = lines(raw_tail, tail, length - len(raw_tail), from_end=True)[-most:]
    shown = sum(map(characters, (*first, *last)))
    return Window(head, tail, max(length - shown, 0), length, first, last)


def shortened(text: str, found: Sequence[Line], length: int, most: int) -> Window:
    """Return the window of a text that is short, but may have many lines."""
    if len(found) <= 2 * most:
        return Window(text, length=length, first=found)
    hidden = sum(map(characters, found[most:-most]))
    return Window(text, hidden=hidden, length=length, first=found[:most], last=found[-most:])


def characters(line: Line) -> int:
    return sum(len(text) for text, _ in line.pieces)


def lines(raw: str, shown: str, start: int, *, from_end: bool = False) -> list[Line]:
    """Return ``shown`` in lines, named by where the lines of ``raw`` begin, which begins at ``start`` itself.

    Redaction may join lines; then ``shown`` has fewer than ``raw``, and names are counted from the end that both share.
    """
    found = list(in_lines(ansi.pieces(raw, shown)))
    ends = accumulate((len(line) + 1 for line in raw.removesuffix("\n").split("\n")), initial=start)
    begins = list(ends)[:-1]
    spare = range(-max(len(found) - len(begins), 0), 0)
    keys = [*spare, *begins][-len(found) :] if from_end else [*begins, *spare]
    return [Line(key, pieces, tone(pieces)) for key, pieces in zip(keys, found, strict=False)]


def in_lines(pieces: Sequence[ansi.Piece]) -> Iterator[list[ansi.Piece]]:
    line: list[ansi.Piece] = []
    for text, classes in pieces:
        for part in text.splitlines(keepends=True) if "\n" in text else [text]:
            line.append((part, classes))
            if part.endswith("\n"):
                yield line
                line = []
    if line:
        yield line


def tone(pieces: Sequence[ansi.Piece]) -> str:
    found = LEVEL.search("".join(text for text, _ in pieces[:6])[:LEVEL_WITHIN])
    return (found.lastgroup or "") if found else ""
