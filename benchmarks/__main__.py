"""python -m benchmarks <measure>: one command for each row of docs/performance.md."""

from __future__ import annotations

import argparse

from benchmarks import backlog, crowd, enqueueing, idle, pages
from benchmarks.compare import FULL, QUICK, compare
from benchmarks.peers import CONTENDERS
from benchmarks.places import DATABASES
from benchmarks.report import print_machine

OWN = {
    "backlog": (backlog, "throughput and claim beside a million rows"),
    "idle": (idle, "what an idle worker costs, and its memory"),
    "enqueue": (enqueueing, "create_task and create_tasks beside the bare ORM"),
    "pages": (pages, "the console's pages over a million rows"),
    "crowd": (crowd, "a hundred open dashboards"),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the queue and its console.")
    commands = parser.add_subparsers(dest="measure", required=True)
    for name, size in (("quick", QUICK), ("throughput", FULL), ("latency", FULL)):
        command = commands.add_parser(name, help=f"beside other queues, {size.rounds} rounds")
        command.add_argument("--rounds", type=int, default=size.rounds)
        command.add_argument("--queues", nargs="*", default=["ours", "django-tasks-db"] if name == "quick" else [])
        command.add_argument("--stores", nargs="*", default=[], choices=("sqlite", "postgresql", "redis"))
        command.set_defaults(run=run_comparison, size=size)
    for name, (module, words) in OWN.items():
        command = commands.add_parser(name, help=words)
        command.add_argument("--stores", nargs="*", default=list(DATABASES), choices=DATABASES)
        command.set_defaults(run=run_own, module=module)
    options = parser.parse_args()
    options.run(options)


def run_comparison(options: argparse.Namespace) -> None:
    unknown = set(options.queues) - set(CONTENDERS)
    if unknown:
        raise SystemExit(f"Unknown queue {', '.join(sorted(unknown))}: use {', '.join(CONTENDERS)}.")
    compare(
        options.size._replace(rounds=options.rounds),
        options.queues,
        options.stores,
        latency=options.measure != "throughput",
        throughput=options.measure != "latency",
    )


def run_own(options: argparse.Namespace) -> None:
    print_machine()
    options.module.measure(options.stores)


if __name__ == "__main__":
    main()
