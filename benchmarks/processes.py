"""What processes cost, as Linux tells it."""

from __future__ import annotations

import os
from pathlib import Path

import psutil

TICK = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """The process and all below it."""
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


def seconds_of(pids: list[int]) -> float:
    """Processor seconds spent so far, in user and system mode."""
    return sum(ticks(pid) for pid in pids) / TICK


def ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def memory_of(pid: int) -> dict[str, float]:
    """Megabytes: resident, a fair share of what is shared, and what is the process's own."""
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    kilobytes = {name: int(text.split()[0]) for name, text in lines.items()}
    own = kilobytes["Private_Clean"] + kilobytes["Private_Dirty"]
    return {"resident": kilobytes["Rss"] / 1024, "share": kilobytes["Pss"] / 1024, "own": own / 1024}
