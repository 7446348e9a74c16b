from __future__ import annotations

import os
import platform
import sqlite3
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

import django

from django_simple_queue import __version__

WIDTH = 78


def print_head(rounds: int, tasks: dict[str, int], singles: int) -> None:
    ours, theirs = tasks["ours"], tasks["tasks_db"]
    print(f"django-simple-queue {__version__} beside django-tasks-db {version('django-tasks-db')}")
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine()}")
    print(f"Python {platform.python_version()}, Django {django.__version__}, SQLite {sqlite3.sqlite_version}")
    print(f"{rounds} rounds, interleaved. No-op tasks: {ours:,} and {theirs:,} a trial; {singles} single ones.\n")
    print(f"{'No-op tasks per second, median (lowest to highest)':58}{'ratio':>8}")
    print("-" * WIDTH)


def machine() -> str:
    return f"{processor()}, {os.cpu_count()} CPUs, {platform.system()} {platform.release().split('-')[0]}"


def processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def print_throughput(database: str, processes: int, ours: list[float], theirs: list[float]) -> None:
    where = f"{database}, {processes} task process{'es' if processes > 1 else ''}"
    print(f"{where:30}{spread(ours):>20}{spread(theirs):>18}{median(ours) / median(theirs):>7.1f}x")


def spread(rates: list[float]) -> str:
    return f"{median(rates):,.0f} ({min(rates):,.0f}-{max(rates):,.0f})"


def print_latency(database: str, ours: tuple[float, float], theirs: tuple[float, float]) -> None:
    print(f"{f'{database}, enqueue to start, p50/p95':36}{pair(ours):>18}{pair(theirs):>18}")


def pair(percentiles: tuple[float, float]) -> str:
    return f"{percentiles[0]:.0f} / {percentiles[1]:.0f} ms"
