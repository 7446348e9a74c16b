"""What is measured, as tables for people."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

from benchmarks.peers import OURS, version_of

if TYPE_CHECKING:
    from benchmarks.compare import Size
    from benchmarks.peers import Contender

Rates = dict[tuple[str, int, str], list[float]]
Waits = dict[tuple[str, str], list[float]]
PACKAGE = {"ours": "Django", "huey": "huey"}


def print_machine() -> None:
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {processor()}, {os.cpu_count()} CPUs, {system()}\n")


def print_head(contenders: list[Contender], size: Size) -> None:
    versions = [f"{each.label} {version_of(each, PACKAGE.get(each.label, each.label))}" for each in contenders[1:]]
    print(f"Django {version_of(contenders[0], 'Django')}; {', '.join(versions)}")
    print(f"{size.rounds} rounds, interleaved. No-op tasks: {size.ours:,} of ours, {size.theirs:,} of others a trial.")
    print_machine()


def system() -> str:
    return f"{platform.system()} {platform.release().split('-')[0]}"


def processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def print_throughputs(rates: Rates) -> None:
    if not rates:
        return
    print("| no-op tasks per second | | median (lowest to highest) | ours is |\n|---|---|---|---|")
    for (store, processes, label), measured in sorted(rates.items(), key=lambda entry: entry[0][:2]):
        ours = ours_beside(rates, store, processes)
        ratio = f"{median(ours) / median(measured):.1f}x" if ours and label != OURS.label else ""
        where = f"{store}, {processes} task process{'es' if processes > 1 else ''}"
        print(f"| {where} | {label} | {spread(measured)} | {ratio} |")
    print()


def ours_beside(rates: Rates, store: str, processes: int) -> list[float]:
    """Our rates on that store; beside Redis stand those on PostgreSQL, else on SQLite."""
    places = ("postgresql", "sqlite") if store == "redis" else (store,)
    return next(
        (rates[place, processes, OURS.label] for place in places if (place, processes, OURS.label) in rates), []
    )


def spread(rates: list[float]) -> str:
    return f"{median(rates):,.0f} ({min(rates):,.0f}-{max(rates):,.0f})"


def print_latencies(waits: Waits) -> None:
    if not waits:
        return
    print("| enqueue to start, idle worker | | p50 / p95 |\n|---|---|---|")
    for (store, label), values in sorted(waits.items()):
        print(f"| {store} | {label} | {pair(percentiles(values))} |")
    print()


def percentiles(values: list[float]) -> tuple[float, float]:
    """The median and the 95th percentile."""
    return median(values), quantiles(values, n=20)[-1]


def pair(values: tuple[float, float]) -> str:
    return " / ".join(f"{value:.0f}" if value >= 10 else f"{value:.1f}" for value in values) + " ms"
