"""Both queues on both databases in turn, several rounds; prints medians, spread and ratios."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from statistics import median, quantiles
from typing import NamedTuple

from benchmarks.report import print_head, print_latency, print_throughput
from tests.support.postgres import PostgresCluster

QUEUES = ("ours", "tasks_db")
DATABASES = ("sqlite", "postgresql")
PROCESSES = (1, 4)


class Size(NamedTuple):
    rounds: int
    tasks: dict[str, int]
    singles: int


QUICK = Size(rounds=3, tasks={"ours": 8_000, "tasks_db": 600}, singles=6)
FULL = Size(rounds=7, tasks={"ours": 20_000, "tasks_db": 2_000}, singles=20)
Rates = dict[tuple[str, int, str], list[float]]
Waits = dict[tuple[str, str], list[float]]


def compare(size: Size) -> None:
    began = time.monotonic()
    rates: Rates = defaultdict(list)
    waits: Waits = defaultdict(list)
    print_head(size.rounds, size.tasks, size.singles * size.rounds)
    with tempfile.TemporaryDirectory() as folder, PostgresCluster(durable=True) as cluster:
        for number in range(size.rounds):
            progress(f"round {number + 1} of {size.rounds}")
            one_round(f"round{number}", folder, cluster, size, rates, waits)
    for database in DATABASES:
        for processes in PROCESSES:
            print_throughput(database, processes, *(rates[database, processes, queue] for queue in QUEUES))
    for database in DATABASES:
        print_latency(database, *(percentiles(waits[database, queue]) for queue in QUEUES))
    print(f"\n{time.monotonic() - began:.0f} seconds.")


def one_round(name: str, folder: str, cluster: PostgresCluster, size: Size, rates: Rates, waits: Waits) -> None:
    for database, processes, queue in product(DATABASES, PROCESSES, QUEUES):
        with fresh_database(database, f"{name}_{processes}_{queue}", folder, cluster) as url:
            count = size.tasks[queue]
            rates[database, processes, queue].append(trial(url, queue, processes, "--throughput", count))
            if processes == 1:
                waits[database, queue] += trial(url, queue, processes, "--latency", size.singles)


@contextmanager
def fresh_database(kind: str, name: str, folder: str, cluster: PostgresCluster) -> Iterator[str]:
    yield f"sqlite:///{folder}/{name}.sqlite3" if kind == "sqlite" else cluster.create_database(name)


def trial(url: str, queue: str, processes: int, *measure: object) -> float | list[float]:
    progress(f"  {url.partition(':')[0]:10} {queue:9} {processes} task processes {measure[0]}")
    command = [sys.executable, "-m", "benchmarks.trial", queue, "--processes", str(processes), *map(str, measure)]
    done = subprocess.run(command, env=os.environ | {"DATABASE_URL": url}, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command[1:])} failed.")
    return json.loads(done.stdout.splitlines()[-1])


def percentiles(values: list[float]) -> tuple[float, float]:
    return median(values), quantiles(values, n=20)[-1]


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
