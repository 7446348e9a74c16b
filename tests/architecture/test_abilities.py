"""Each ability that the console claims has tests that name it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.support.abilities import ABILITIES
from tests.support.source import parse, python_files


def numbers(test: ast.FunctionDef) -> Iterator[int]:
    for mark in test.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.ability":
            yield from (each.value for each in mark.args if isinstance(each, ast.Constant))


def proved(*paths: Path) -> dict[int, set[str]]:
    """The names of the tests that prove each ability."""
    found = defaultdict(set)
    for path in paths:
        for each in ast.walk(parse(path)):
            if isinstance(each, ast.FunctionDef) and each.name.startswith("test_"):
                for number in numbers(each):
                    found[number].add(each.name)
    return found


def test_each_ability_has_a_test_that_names_it():
    assert sorted(proved(*python_files("tests"))) == sorted(ABILITIES)


def test_a_mark_is_read(tmp_path):
    file = tmp_path / "test_planted.py"
    file.write_text("@pytest.mark.ability(1)\ndef test_a(): ...\n@pytest.mark.slow\ndef test_b(): ...\n")
    assert proved(file) == {1: {"test_a"}}
