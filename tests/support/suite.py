"""Run the passes of the test suite one after another and close with one summed line: python -m tests.support.suite."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

TESTS = Path(__file__).resolve().parents[1]
# One more than the cores of a small machine: while a test waits for a poll, a lease or a deadline, another works.
SIDE_BY_SIDE = ["-n", os.environ.get("PYTEST_WORKERS", "3"), "--dist"]
BY_FILE, BY_TEST = [*SIDE_BY_SIDE, "loadfile", "--no-loadscope-reorder"], [*SIDE_BY_SIDE, "worksteal"]
ON_BOTH = ["core", "engine", "faults", "dashboard"]
NO_MATTER_OF_THE_DATABASE = [
    f"--ignore=tests/dashboard/test_{name}.py"
    for name in """demanded_permission edit_and_requeue enqueue_form enqueue_types gate matrix page_permissions
    translated_pages""".split()
]
ON_MARIADB = [
    *(
        f"tests/core/test_{name}.py"
        for name in "arguments checks create_task models races retries running_again transitions".split()
    ),
    *(
        f"tests/engine/test_{name}.py"
        for name in "claim large leases live_output plans prune reap store store_lives store_races tidying".split()
    ),
    "tests/faults/test_kill_points.py",
    "tests/faults/test_race.py",
    *sorted(str(path) for path in TESTS.rglob("test_*.py") if "pytest.mark.mariadb" in path.read_text()),
]
PASSES = {
    "sqlite": ("sqlite", ["--ignore", "tests/browser", *BY_FILE, "tests"]),
    "postgres": ("postgres", [*BY_FILE, *NO_MATTER_OF_THE_DATABASE, *(f"tests/{part}" for part in ON_BOTH)]),
    "mariadb": ("mariadb", [*BY_FILE, *ON_MARIADB]),
    # A process of its own: Playwright's event loop would break every later test that runs async code.
    "browser": ("sqlite", [*BY_TEST, "tests/browser"]),
}


def main(names: list[str]) -> int:
    unknown = set(names) - set(PASSES)
    if unknown:
        print(f"Unknown pass {', '.join(sorted(unknown))}: use {', '.join(PASSES)}.")
        return 2
    results = [run(name) for name in names or PASSES]
    total = sum((counts for _, counts in results), Counter[str]())
    failed = [name for (code, _), name in zip(results, names or PASSES, strict=True) if code]
    if failed:
        print(f"Failed: {', '.join(failed)}")
    print(f"total: {total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 1 if failed or not total["passed"] else 0


def run(name: str) -> tuple[int, Counter[str]]:
    """The exit code of one pass and how many tests passed, failed and were skipped."""
    database, arguments = PASSES[name]
    print(f"\n=== {name} ===", flush=True)
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *arguments]
        code = subprocess.run(command, cwd=TESTS.parent, env=os.environ | {"TEST_DB": database}).returncode
        return code, counted(report)


def counted(report: Path) -> Counter[str]:
    if not report.exists():
        return Counter(failed=1)
    suite = ElementTree.parse(report).getroot().find("testsuite")
    tests, failures, errors, skipped = (int(suite.get(key)) for key in ("tests", "failures", "errors", "skipped"))
    return Counter(passed=tests - failures - errors - skipped, failed=failures + errors, skipped=skipped)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
