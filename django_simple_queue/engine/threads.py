"""Which threads of a process are at work for the project; those that libraries keep for themselves are none of ours."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import thread as executor
from types import FrameType

from django_simple_queue.failure import is_library

MOMENT_SECONDS = 0.02
EXECUTOR = executor._worker.__code__
Frames = Mapping[int, FrameType]


def at_work(known: Collection[threading.Thread]) -> list[threading.Thread]:
    """Return the threads besides those ``known`` that are at work; one that is just ending is given a moment."""
    if not busy(known):
        return []
    time.sleep(MOMENT_SECONDS)
    return busy(known)


def busy(known: Collection[threading.Thread]) -> list[threading.Thread]:
    if threading.active_count() == 1:
        return []
    frames = sys._current_frames()
    return [thread for thread in threading.enumerate() if thread not in known and is_at_work(thread, frames)]


def is_at_work(thread: threading.Thread, frames: Frames) -> bool:
    """Tell whether ``thread`` does something for the project, or will by itself.

    An executor's does while it has been asked for something; any other unless it runs the code of libraries only.
    A thread without a frame is not Python's.
    """
    innermost = frames.get(thread.ident or 0)
    if innermost is None:
        return False
    stack = list(outwards(innermost))
    for frame in stack:
        if frame.f_code is EXECUTOR:
            return frame is not innermost or not frame.f_locals["work_queue"].empty()
    return not all(map(is_library, [*given(thread), *(frame.f_code.co_filename for frame in stack)]))


def outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def given(thread: threading.Thread) -> list[str]:
    """Return the file of the function that ``thread`` was given; "" for one in C, such as ``time.sleep``."""
    function = getattr(thread, "function" if isinstance(thread, threading.Timer) else "_target", None)
    module = sys.modules.get(getattr(function, "__module__", None) or "")
    return [] if function is None else [getattr(module, "__file__", None) or ""]
