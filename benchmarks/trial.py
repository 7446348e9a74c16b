"""One trial of one queue on one database, in a process of its own: python -m benchmarks.trial <queue> ..."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

DEADLINE = 120
Worker = subprocess.Popen[bytes]


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trial")
    parser.add_argument("queue", help="a module of benchmarks.contenders")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--throughput", type=int, default=0, help="no-op tasks to run")
    parser.add_argument("--latency", type=int, default=0, help="single tasks to enqueue while the worker is idle")
    parser.add_argument("--filled", action="store_true", help="beside a million ended and 100 000 future tasks")
    options = parser.parse_args(arguments)
    contender = set_up(options.queue)
    if options.filled:
        import_module("benchmarks.fill").fill()
    if options.throughput:
        print(json.dumps(throughput(contender, options.processes, options.throughput)))
    if options.latency:
        print(json.dumps(latencies(contender, options.latency)))


def set_up(queue: str) -> Any:
    os.environ["DJANGO_SETTINGS_MODULE"] = f"benchmarks.contenders.settings_{queue}"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    return import_module(f"benchmarks.contenders.{queue}")


def throughput(contender: Any, processes: int, count: int) -> float:
    """Tasks per second from the first start to the last completion, as the queue's own rows tell them."""
    with workers(contender, processes, eager=True) as started:
        with stopped(contender, started):
            contender.enqueue("noop", count)
        wait_until(lambda: not contender.unfinished())
        moments = contender.times(count)
    if len(moments) != count:
        sys.exit(f"{len(moments)} of {count} tasks completed")
    return count / (max(m[2] for m in moments) - min(m[1] for m in moments)).total_seconds()


def latencies(contender: Any, count: int) -> list[float]:
    """Milliseconds from enqueue to start, each with an idle worker, at odd moments."""
    with workers(contender, 1, eager=False):
        found = []
        for number in range(count):
            time.sleep(0.3 + 0.037 * (number % 7))
            contender.enqueue("noop", 1)
            wait_until(lambda: not contender.unfinished())
            [(enqueued, started, _)] = contender.times(1)
            found.append((started - enqueued).total_seconds() * 1000)
    return found


@contextmanager
def workers(contender: Any, processes: int, eager: bool) -> Iterator[list[Worker]]:
    """Workers that are up: every task process has run something, and the queue is empty again."""
    started = [manage(command) for command in contender.worker_commands(processes, eager)]
    try:
        wait_until(lambda: warm(contender, processes, started))
        contender.forget()
        yield started
    finally:
        for worker in started:
            worker.send_signal(signal.SIGTERM)
        for worker in started:
            end(worker)


@contextmanager
def stopped(contender: Any, started: list[Worker]) -> Iterator[None]:
    """Hold the workers of a queue that cannot enqueue in a transaction: elsewhere all tasks are there at once, too."""
    if not getattr(contender, "STOPPED_WHILE_ENQUEUEING", False):
        yield
        return
    for worker in started:
        os.killpg(worker.pid, signal.SIGSTOP)
    yield
    for worker in started:
        os.killpg(worker.pid, signal.SIGCONT)


def warm(contender: Any, processes: int, started: list[Worker]) -> bool:
    ended = [worker for worker in started if worker.poll() is not None]
    if ended:
        sys.exit(f"{ended[0].args} ended with {ended[0].returncode}")
    contender.enqueue("nap", processes)
    wait_until(lambda: not contender.unfinished())
    return contender.runners() >= processes


def end(worker: Worker) -> None:
    try:
        worker.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


def manage(command: list[str]) -> Worker:
    quiet = {"stdout": subprocess.DEVNULL, "stderr": None if os.environ.get("BENCH_LOUD") else subprocess.DEVNULL}
    return subprocess.Popen([sys.executable, "-m", "django", *command], start_new_session=True, **quiet)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"Nothing moved for {DEADLINE} seconds.")
        time.sleep(0.05)


if __name__ == "__main__":
    main(sys.argv[1:])
