"""How much memory processes have."""

from __future__ import annotations

import ctypes
import os
import re
import resource
import sys
from collections.abc import Iterable
from contextlib import suppress

PSS = re.compile(rb"^Pss:\s+(\d+) kB", re.MULTILINE)


def resident(pid: int | None = None) -> int:
    """Return the resident memory of a process in bytes, shared pages included; 0 when nobody can tell."""
    try:
        with open(f"/proc/{pid or 'self'}/statm", "rb") as statm:
            return int(statm.read().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):
        return peak() if pid in (None, os.getpid()) else 0


def peak() -> int:
    """Return this process's own peak, for systems that do not tell the present."""
    value = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return value if sys.platform == "darwin" else value * 1024


def give_back() -> None:
    """Return to the system what is free: the C library keeps the room of a large text for the next one."""
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)


def together(pids: Iterable[int]) -> int:
    """Return the memory of several processes in bytes; a page that some of them share counts once, where it can."""
    return sum(map(share, pids))


def share(pid: int) -> int:
    with suppress(OSError), open(f"/proc/{pid}/smaps_rollup", "rb") as rollup:
        if found := PSS.search(rollup.read()):
            return int(found[1]) * 1024
    return resident(pid)
