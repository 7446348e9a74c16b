"""python -m benchmarks quick | full"""

from __future__ import annotations

import argparse

from benchmarks.compare import FULL, QUICK, compare

SIZES = {"quick": QUICK, "full": FULL}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Compare the queue with django-tasks-db.")
    parser.add_argument("size", choices=sorted(SIZES), help="quick: 3 rounds, about 4 minutes; full: 7 rounds")
    parser.add_argument("--rounds", type=int, help="how many rounds instead")
    options = parser.parse_args()
    size = SIZES[options.size]
    compare(size if options.rounds is None else size._replace(rounds=options.rounds))


if __name__ == "__main__":
    main()
