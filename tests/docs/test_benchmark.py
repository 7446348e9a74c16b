"""The benchmark runs; what it measures is no matter for a test."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from benchmarks.peers import CONTENDERS, chosen
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
    assert pair((2.61, 10.2)) == "2.6 / 10 ms"


def test_every_contender_has_its_module_and_its_settings():
    here = ROOT / "benchmarks" / "contenders"
    for contender in CONTENDERS.values():
        assert (here / f"{contender.module}.py").is_file()
        assert (here / f"settings_{contender.module}.py").is_file()


def test_an_older_python_leaves_out_whom_it_cannot_run(monkeypatch, capsys):
    monkeypatch.setattr("benchmarks.peers.newer_python", lambda: None)
    assert [each.label for each in chosen([])] == ["ours", "django-tasks-db"]
    assert "django-ox" in capsys.readouterr().err
