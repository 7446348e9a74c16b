"""What an idle worker costs: processor time, statements, memory of each of its processes."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import psutil

from benchmarks import places, processes

CHILDREN, SETTLE_SECONDS, SECONDS = 4, 8, 30
STATEMENT = "LOG:  execute", "LOG:  statement"


def measure(kinds: list[str]) -> None:
    print("| idle worker, 4 children | share of a core | statements a second |\n|---|---|---|")
    memories = {}
    with places.databases(kinds, log_statement="all") as urls:
        for kind, url in urls.items():
            places.inside("benchmarks.idle", url)
            log = Path(url.partition("@")[2].rpartition("/")[0].replace("%2F", "/")) / "server.log"
            cost, statements, memories[kind] = idle(url, log if kind == "postgresql" else None)
            said = "not counted" if statements is None else f"{statements:.1f}"
            print(f"| {kind} | {cost:.2%} | {said} |", flush=True)
    print_memories(memories)


def inside() -> None:
    """The tables are made when this is called."""


def idle(url: str, log: Path | None) -> tuple[float, float | None, list[tuple[str, dict[str, float]]]]:
    worker = places.manage(url, "task_worker", "--concurrency", str(CHILDREN), "-v", "0")
    try:
        time.sleep(SETTLE_SECONDS)
        pids = processes.family(worker.pid)
        spent, said = processes.seconds_of(pids), statements(log)
        time.sleep(SECONDS)
        cost = (processes.seconds_of(pids) - spent) / SECONDS
        rate = None if log is None else (statements(log) - said) / SECONDS
        return cost, rate, [(role(pid, worker.pid), processes.memory_of(pid)) for pid in pids]
    finally:
        end(worker)


def statements(log: Path | None) -> int:
    """How many statements the server has logged; BEGIN and COMMIT count, too."""
    if log is None:
        return 0
    return sum(line.partition("] ")[2].startswith(STATEMENT) for line in log.read_text().splitlines())


def role(pid: int, parent: int) -> str:
    return "parent" if pid == parent else f"below it: {psutil.Process(pid).name()}"


def end(worker: subprocess.Popen[bytes]) -> None:
    worker.send_signal(signal.SIGTERM)
    worker.wait(60)


def print_memories(memories: dict[str, list[tuple[str, dict[str, float]]]]) -> None:
    print("\n| memory, idle, MB | resident | share | own |\n|---|---|---|---|")
    for kind, lines in memories.items():
        for name, memory in lines:
            print(f"| {kind}: {name} | " + " | ".join(f"{memory[key]:.1f}" for key in memory) + " |")
