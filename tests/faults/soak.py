"""Run the long fault tests on each database, print what they found: python -m tests.faults.soak [sqlite] [postgres]."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
DATABASES = ("sqlite", "postgres")
REPORT = "SOAK_REPORT"


def note(**facts: Any) -> None:
    """Keep one line of the table; called by the tests, to standard output when nobody collects."""
    line = json.dumps(facts)
    print(line)
    if path := os.environ.get(REPORT):
        with open(path, "a") as report:
            report.write(line + "\n")


def main(databases: Iterable[str]) -> int:
    failed = []
    for database in databases or DATABASES:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report"
            environment = os.environ | {"TEST_DB": database, REPORT: str(report)}
            command = [sys.executable, "-m", "pytest", "-q", "-m", "soak", "--timeout", "3600", str(FOLDER)]
            if subprocess.run(command, cwd=FOLDER.parents[1], env=environment).returncode:
                failed.append(database)
            print_table(database, report)
    return 1 if failed else 0


def print_table(database: str, report: Path) -> None:
    lines = [json.loads(line) for line in report.read_text().splitlines()] if report.exists() else []
    print(f"\n| {database}: what | found |\n|---|---|")
    for facts in lines:
        what = facts.pop("what")
        print(f"| {what} | {', '.join(f'{name} {value}' for name, value in facts.items())} |", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
