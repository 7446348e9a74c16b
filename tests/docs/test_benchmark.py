"""The benchmark runs; what it measures is no matter for a test."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from benchmarks.report import pair, spread
from tests.docs.pages import ROOT


@pytest.mark.slow
@pytest.mark.parametrize("measure", [["--throughput", "60"], ["--latency", "2"]], ids=lambda measure: measure[0])
def test_a_trial_of_ours_measures_something(tmp_path, measure):
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{tmp_path}/trial.sqlite3", "DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "benchmarks.trial", "ours", "--processes", "2", *measure]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout)
    assert min(measured) > 0 if isinstance(measured, list) else measured > 0


def test_numbers_are_told_with_their_spread():
    assert spread([1500.4, 900, 2100]) == "1,500 (900-2,100)"
    assert pair((2.6, 10.2)) == "3 / 10 ms"
