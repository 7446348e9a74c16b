from __future__ import annotations

from statistics import median

import pytest

from tests.support.source import PACKAGES, functions, length, name, parse, python_files, templates

LINES_A_FILE = 250
LINES_A_TEST_FILE = 400
LINES_A_TEMPLATE = 60
LINES_A_FUNCTION = 40
MEDIAN_LINES_A_FUNCTION = 8


def lines(path):
    return len(path.read_text().splitlines())


@pytest.mark.parametrize("path", python_files(*PACKAGES), ids=name)
def test_a_file_fits_its_budget(path):
    assert lines(path) <= LINES_A_FILE


@pytest.mark.parametrize("path", python_files("tests"), ids=name)
def test_a_test_file_fits_its_budget(path):
    assert lines(path) <= LINES_A_TEST_FILE


@pytest.mark.parametrize("path", templates(), ids=name)
def test_a_template_fits_its_budget(path):
    assert lines(path) <= LINES_A_TEMPLATE


@pytest.mark.parametrize("path", python_files(*PACKAGES, "tests"), ids=name)
def test_no_function_is_longer_than_a_screen(path):
    too_long = {each.name: length(each) for each in functions(parse(path)) if length(each) > LINES_A_FUNCTION}
    assert too_long == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_functions_are_short_as_a_rule(package):
    lengths = [length(each) for path in python_files(package) for each in functions(parse(path))]
    assert median(lengths) <= MEDIAN_LINES_A_FUNCTION
