"""What a task got and left behind, as it may be shown: arguments as a tree, texts in windows, the stack in frames."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _

from dashboard.selectors.headline import last_line, named
from dashboard.selectors.windows import Window
from django_simple_queue import callables
from django_simple_queue.models import Task
from django_simple_queue.redaction import (
    REDACTED,
    Redacted,
    is_secret_argument,
    redact_args,
    redact_source,
    secret_keys,
    visible,
)

MAX_NODES = 400
MAX_DEPTH = 24
MAX_LEAF = 2_000
LIBRARIES = ("/site-packages/", "/dist-packages/")


@dataclass(frozen=True, slots=True)
class Token:
    """A step through the tree of arguments: ``kind`` is "open", "close" or the kind of a leaf."""

    kind: str
    key: str = ""
    text: str = ""
    count: int = 0
    more: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    place: str
    file: str
    line: int
    function: str
    source: list[tuple[int, str, bool]]


@dataclass(frozen=True, slots=True)
class FrameGroup:
    """Neighbouring frames that are all of the project's own code, or all of libraries."""

    own: bool
    frames: list[Frame]

    @property
    def packages(self) -> str:
        """The libraries' names, for one line that stands for all of them."""
        return ", ".join(dict.fromkeys(frame.place.split("/")[0] for frame in self.frames))


def headline(task: Task, error: Window) -> tuple[str, str]:
    """Return the error's class and message in one line each; the class is "" when the message says it already."""
    kind, message = named(task, task.args, last_line(task.error_tail or ""))  # type: ignore[attr-defined]
    return (kind, message) if kind else ("", (error.head.strip().splitlines() or [""])[0])


def arguments(task: Task, most: int = sys.maxsize) -> Any:
    """Return the arguments with their secrets masked; those passed by position come under "*"."""
    args = redact_args(task.task, task.args, most)
    if not task.positional or isinstance(args, Redacted):
        return args
    positional = REDACTED if secret_keys(task.task) else by_place(task, most)
    return {"*": positional, **(args if isinstance(args, Mapping) else {"**": args})}


def by_place(task: Task, most: int) -> Any:
    """Return the arguments passed by position; masked are those whose parameter, where it is known, names a secret."""
    values, shape = redact_args(task.task, task.positional, most), callables.shape(task.task)
    if not isinstance(values, list) or isinstance(shape, str):
        return values
    secret = [is_secret_argument(task.task, name) for name, kind, _ in shape if "POSITIONAL" in kind] or [False]
    return [REDACTED if secret[min(place, len(secret) - 1)] else value for place, value in enumerate(values)]


def tree(value: Any) -> list[Token]:
    """Return the first few hundred tokens of a JSON value; a last one of kind "more" says that there are others."""
    tokens: list[Token] = []
    depth = 0
    for token in walk(value):
        if len(tokens) >= MAX_NODES and token.kind != "close":
            tokens.append(Token("more"))
            return tokens + [Token("close")] * depth
        depth += (token.kind == "open") - (token.kind == "close")
        tokens.append(token)
    return tokens


def walk(value: Any, key: str = "", depth: int = 0) -> Iterator[Token]:
    if not isinstance(value, Mapping | list) or not value:
        yield leaf(value, key)
    elif depth >= MAX_DEPTH:
        yield Token("cut", key, _("deeper levels are not shown"))
    else:
        yield from branch(value, key, depth)


def branch(value: Mapping[str, Any] | list[Any], key: str, depth: int) -> Iterator[Token]:
    named = list(value.items()) if isinstance(value, Mapping) else [(None, item) for item in value]
    opening, closing = "{}" if isinstance(value, Mapping) else "[]"
    yield Token("open", key, opening, len(named))
    for name, item in named:
        yield from walk(item, "" if name is None else json.dumps(name, ensure_ascii=False), depth + 1)
    yield Token("close", text=closing)


def leaf(value: Any, key: str) -> Token:
    if isinstance(value, Redacted):
        return Token("redacted", key, _("redacted") if value == REDACTED else str(value))
    text = json.dumps(value, ensure_ascii=False)
    kind = "text" if isinstance(value, str) else "plain"
    return Token(kind, key, text[:MAX_LEAF], more=max(len(text) - MAX_LEAF, 0))


def stack(task: Task) -> list[FrameGroup]:
    """Return the stored frames, newest call first; [] when there are none or they cannot be read."""
    try:
        stored = json.loads(task.frames or "[]")
        frames = [(bool(each["own"]), read_frame(task, each)) for each in reversed(stored)]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
    return [FrameGroup(own, [frame for _, frame in group]) for own, group in groupby(frames, key=lambda each: each[0])]


def read_frame(task: Task, stored: Mapping[str, Any]) -> Frame:
    file, line = visible(str(stored["file"])), int(stored["line"])
    source = [redact_source(task.task, task.args, str(text)[:500]) for text in stored["source"][:3]]
    numbered = [(line - 1 + index, text, index == 1) for index, text in enumerate(source)]
    return Frame(
        place(file), file, line, visible(str(stored["function"]))[:200], [each for each in numbered if each[1]]
    )


def place(file: str) -> str:
    """Return the part of a path that tells a reader where the code is: from the library's name, or the last three."""
    for folder in LIBRARIES:
        if folder in file:
            return file.rpartition(folder)[2]
    return "/".join(file.split("/")[-3:])
