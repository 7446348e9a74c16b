from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median

import pytest

from tests.support.source import PACKAGES, functions, length, name, parse, python_files, templates

CHARACTERS_A_LINE = 120
LINES_A_FUNCTION = 40
MEDIAN_LINES_A_FUNCTION = 8


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def longest_function(path: Path) -> int:
    return max(map(length, functions(parse(path))), default=0)


def over(budget: int, size: Callable[[Path], int], paths: Iterable[Path]) -> dict[str, int]:
    return {name(path): size(path) for path in paths if size(path) > budget}


@pytest.mark.parametrize(
    ("paths", "budget"),
    [
        pytest.param(python_files(*PACKAGES), 250, id="the product"),
        pytest.param(python_files("tests", "benchmarks"), 250, id="tests"),
        pytest.param(templates(), 60, id="templates"),
    ],
)
def test_a_file_fits_its_budget_of_lines(paths, budget):
    assert paths
    assert over(budget, lines, paths) == {}


def longest_line(path: Path) -> int:
    return max(map(len, path.read_text().splitlines()), default=0)


def test_no_line_of_a_template_is_longer_than_one_of_python():
    assert over(CHARACTERS_A_LINE, longest_line, templates()) == {}


def test_no_function_is_longer_than_a_screen():
    assert over(LINES_A_FUNCTION, longest_function, python_files(*PACKAGES, "tests", "benchmarks")) == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_functions_are_short_as_a_rule(package):
    lengths = [length(each) for path in python_files(package) for each in functions(parse(path))]
    assert median(lengths) <= MEDIAN_LINES_A_FUNCTION


def test_a_file_over_its_budget_is_found():
    assert over(2, lines, [Path(__file__)]) == {name(Path(__file__)): lines(Path(__file__))}


def test_one_place_says_in_which_database_the_queue_is():
    asking = {name(path) for path in python_files(*PACKAGES) if "db_for_write(" in path.read_text()}
    checking, of_its_own = "django_simple_queue/checks/database.py", "dashboard/groups.py"
    assert asking == {"django_simple_queue/models/primary.py", checking, of_its_own}
