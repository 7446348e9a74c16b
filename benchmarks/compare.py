"""Several queues on the same databases in turn, several rounds; prints medians, spread and ratios."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.peers import OURS, POSTGRESQL, REDIS, SQLITE, Contender, chosen, python_of
from benchmarks.redis import RedisServer
from benchmarks.report import Rates, Waits, print_head, print_latencies, print_throughputs
from tests.support.postgres import PostgresCluster

ROOT = Path(__file__).resolve().parents[1]
PROCESSES = (1, 4)


class Size(NamedTuple):
    """``ours`` and ``theirs`` are the no-op tasks of a trial; ours are more, for fewer would be over too soon."""

    rounds: int
    ours: int
    theirs: int
    singles: int


QUICK = Size(rounds=3, ours=20_000, theirs=1_000, singles=6)
FULL = Size(rounds=7, ours=40_000, theirs=2_000, singles=20)


class Places:
    """Fresh places to keep a queue in: SQLite files, databases of one PostgreSQL, numbers of one Redis."""

    def __init__(self, stack: ExitStack, stores: set[str]) -> None:
        self.folder = stack.enter_context(tempfile.TemporaryDirectory())
        self.cluster = stack.enter_context(PostgresCluster(durable=True)) if POSTGRESQL in stores else None
        self.redis = stack.enter_context(RedisServer()) if REDIS in stores else None
        self.count = 0

    def fresh(self, store: str) -> dict[str, str]:
        """The environment variables that name a new, empty place."""
        self.count += 1
        if store == POSTGRESQL:
            return {"DATABASE_URL": self.cluster.create_database(f"bench{self.count}")}
        place = {"DATABASE_URL": f"sqlite:///{self.folder}/bench{self.count}.sqlite3"}
        return place | ({"BENCH_REDIS": self.redis.url(str(self.count % 16))} if store == REDIS else {})


def compare(size: Size, labels: list[str], stores: list[str], latency: bool = True, throughput: bool = True) -> None:
    began = time.monotonic()
    contenders = chosen(labels)
    rates: Rates = defaultdict(list)
    waits: Waits = defaultdict(list)
    trials = list(pairs(contenders, stores))
    with installed(contenders, {store for _, store in trials}) as places:
        print_head(contenders, size)
        for number in range(size.rounds):
            progress(f"round {number + 1} of {size.rounds}")
            for contender, store in trials:
                for processes in PROCESSES if throughput else ():
                    count = size.ours if contender is OURS else size.theirs
                    measured = trial(places.fresh(store), contender, processes, "--throughput", count)
                    rates[store, processes, contender.label].append(measured)
                if latency:
                    waits[store, contender.label] += trial(places.fresh(store), contender, 1, "--latency", size.singles)
    print_throughputs(rates)
    print_latencies(waits)
    print(f"\n{time.monotonic() - began:.0f} seconds.")


def pairs(contenders: list[Contender], stores: list[str]) -> Iterator[tuple[Contender, str]]:
    for store in (SQLITE, POSTGRESQL, REDIS):
        for contender in contenders:
            if store in contender.stores and store in (stores or [store]):
                yield contender, store


@contextmanager
def installed(contenders: list[Contender], stores: set[str]) -> Iterator[Places]:
    for contender in contenders:
        python_of(contender)
    with ExitStack() as stack:
        yield Places(stack, stores)


def trial(place: dict[str, str], contender: Contender, processes: int, *measure: object) -> float | list[float]:
    progress(f"  {contender.label:16} {processes} task process{'es' if processes > 1 else ''} {measure[0]}")
    arguments = [contender.module, "--processes", str(processes), *map(str, measure)]
    command = [python_of(contender), "-m", "benchmarks.trial", *arguments]
    eager = "1" if measure[0] == "--throughput" else "0"
    environment = os.environ | place | {"BENCH_PROCESSES": str(processes), "BENCH_EAGER": eager}
    done = subprocess.run(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command[1:])} failed.")
    return json.loads(done.stdout.splitlines()[-1])


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
