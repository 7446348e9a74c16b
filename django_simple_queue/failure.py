"""What is kept of a failure: its text, its class, some stack frames, and the fingerprint that groups it with others."""

from __future__ import annotations

import hashlib
import json
import linecache
import re
import sysconfig
import traceback
from dataclasses import dataclass
from types import CodeType, TracebackType
from typing import Any

MAX_FRAMES = 30
HEADLINE = 2000
LIBRARY_FOLDERS = ("site-packages", "dist-packages", "<frozen", sysconfig.get_path("stdlib"))
WRAPPING = re.compile(r"^[\w.]+\(['\"]|['\"],?\)$")
VARYING = (
    (re.compile(r"0x[0-9a-fA-F]+|\b[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}\b"), "#"),
    (re.compile(r"'[^'\n]*'|\"[^\"\n]*\""), "''"),
    (re.compile(r"[\w-]*\d[\w-]*"), "0"),
)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run did not complete: ``error`` for people, ``error_class`` for grouping, ``frames`` as JSON text.

    ``retry=False``: it is not tried again, although attempts remain. ``after``: seconds until it is, None: the backoff.
    ``asked``: the task itself wants to be tried again.
    """

    error: str
    error_class: str = ""
    frames: str = ""
    retry: bool = True
    after: float | None = None
    asked: bool = False

    def frames_within(self, max_bytes: int) -> str:
        """Return as many of the innermost frames as fit, as JSON text (of ASCII only) all the same."""
        if len(self.frames) <= max_bytes:
            return self.frames
        frames = json.loads(self.frames)
        while frames and len(json.dumps(frames)) > max_bytes:
            del frames[0]
        return json.dumps(frames)

    def fingerprint(self, task: str) -> str:
        """Return 16 characters, the same for failures of ``task`` that differ only in values and words with digits."""
        headline = WRAPPING.sub("", self.error[:HEADLINE].strip().partition("\n")[0])
        for pattern, substitute in VARYING:
            headline = pattern.sub(substitute, headline)
        return hashlib.sha256(f"{task}\n{self.error_class}\n{headline}".encode("utf-8", "replace")).hexdigest()[:16]


LOST = Failure("The worker that ran this task is gone, and nobody knows how far it came.", "WorkerLost")
UNOWNED = Failure("Cancelled; no worker held this task.", "Cancelled")


def from_exception(error: BaseException) -> Failure:
    """Return the Failure of an exception that was caught where it is raised from a task."""
    kind = type(error)
    name = f"{kind.__module__}.{kind.__qualname__}"
    trace = "".join(traceback.format_exception(error))
    return Failure(f"{describe(error)}\n\n{trace}", name[:200], stack(error.__traceback__))


def describe(error: BaseException) -> str:
    try:
        return repr(error)
    except Exception:
        return f"{type(error).__name__} (its repr failed)"


def stack(trace: TracebackType | None) -> str:
    """Return the innermost frames as JSON: file, line, function, the line with its neighbours, own or library."""
    frames = list(traceback.walk_tb(trace))[-MAX_FRAMES:]
    return json.dumps([as_dict(frame.f_code, line) for frame, line in frames])


def as_dict(code: CodeType, line: int) -> dict[str, Any]:
    path = code.co_filename
    return {
        "file": path,
        "line": line,
        "function": code.co_name,
        "source": [linecache.getline(path, number).rstrip()[:500] for number in (line - 1, line, line + 1)],
        "own": not is_library(path),
    }


def is_library(path: str) -> bool:
    """Tell whether the code in the file ``path`` is Python's, or was installed with pip, rather than the project's."""
    return any(folder in path for folder in LIBRARY_FOLDERS)
