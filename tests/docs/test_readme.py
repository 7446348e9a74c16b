"""The README is followed to the letter in a fresh project; each promise and each ability of the console has a test."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys

import pytest

from tests.docs.pages import ROOT, blocks, table

README = ROOT / "README.md"
LOOK = "from django_simple_queue.models import Task; task = Task.objects.get(); print(task.output, '/', task.log)"


class Shop:
    """A project made by ``startproject`` that finds our packages as if they were installed."""

    def __init__(self, home) -> None:
        self.home = home
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "DATABASE_"))}
        self.environment = clean | {"PYTHONPATH": str(ROOT)}
        self.run(sys.executable, "-m", "django", "startproject", "shop", ".")

    def follow(self, page) -> list[str]:
        """Write every block that names its file into that file; return the others."""
        rest = []
        for code in blocks(page, "python"):
            named = re.match(r"# (shop/\w+\.py)\n", code)
            if named is None:
                rest.append(code)
            else:
                with (self.home / named[1]).open("a") as file:
                    file.write("\n" + code)
        return rest

    def manage(self, *arguments: str) -> str:
        return self.run(sys.executable, "manage.py", *arguments)

    def run(self, *command: str) -> str:
        done = subprocess.run(command, cwd=self.home, env=self.environment, capture_output=True, text=True, timeout=100)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr


@pytest.mark.slow
def test_five_minutes_lead_to_a_task_that_ran(tmp_path):
    shop = Shop(tmp_path)
    [enqueue] = shop.follow(README)
    assert "no issues" in shop.manage("check")
    shop.manage("migrate", "--verbosity=0")
    shop.manage("shell", "-c", enqueue)
    worker = next(line for line in commands() if "task_worker" in line).split()
    shop.manage(*worker[worker.index("manage.py") + 1 :], "--burst")
    assert "invoice of order 7 sent / sending the invoice of order 7" in shop.manage("shell", "-c", LOOK)
    urls = "from django.urls import reverse; print(reverse('simple_queue_dashboard:tasks'))"
    assert "/ops/" in shop.manage("shell", "-c", urls)


def commands() -> list[str]:
    return [line for code in blocks(README, "sh") for line in code.splitlines()]


PROMISES = table("README.md", "", "promise", "test")


def test_all_ten_promises_are_there():
    assert [row[0] for row in PROMISES] == [f"P{number}" for number in range(1, 11)]


ABILITIES = table("docs/dashboard.md", "ability", "test")


def test_all_twelve_abilities_are_there():
    assert len({row[0] for row in ABILITIES}) == 12


@pytest.mark.parametrize("row", [*PROMISES, *ABILITIES], ids=lambda row: row[0])
def test_each_promise_and_ability_has_tests_that_exist(row):
    named = re.findall(r"(tests/[\w/]+\.py)::(\w+)", row[-1])
    assert named
    for file, test in named:
        tree = ast.parse((ROOT / file).read_text())
        functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert test in functions, f"{row[0]} names {file}::{test}"
