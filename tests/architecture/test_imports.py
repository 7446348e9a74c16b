"""The borders between the packages; the layers inside each are contracts of import-linter in pyproject.toml."""

from __future__ import annotations

import ast

import pytest

from tests.support.source import PACKAGES, imported, name, parse, python_files

PUBLIC_FACE = {"models", "utils", "callables", "conf", "", "__version__"}
# Task code is imported by the first only; the second picks the module of a database vendor from its own table.
IMPORT_BY_NAME = {"django_simple_queue/callables.py", "django_simple_queue/engine/store/batches.py"}
IMPORTERS = {"import_module", "import_string", "__import__"}


def foreign_to_console(tree: ast.AST) -> list[str]:
    queue = [each for each in imported(tree) if each.split(".")[0] == "django_simple_queue"]
    return [each for each in queue if each.partition(".")[2].split(".")[0] not in PUBLIC_FACE]


def dynamic_imports(tree: ast.AST) -> list[str]:
    """Imports of a name that is known only at run time."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and called(node) in IMPORTERS)
    return [called(call) for call in calls if not all(isinstance(each, ast.Constant) for each in call.args)]


def called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


@pytest.mark.parametrize("path", python_files("dashboard"), ids=name)
def test_console_uses_only_the_public_face_of_the_queue(path):
    if "project" not in path.parts:
        assert foreign_to_console(parse(path)) == []


@pytest.mark.parametrize("path", python_files(*PACKAGES), ids=name)
def test_nothing_imports_the_project_or_the_tests(path):
    if "project" not in path.parts:
        assert [each for each in imported(parse(path)) if each.startswith(("dashboard.project", "tests"))] == []


@pytest.mark.parametrize("path", python_files("django_simple_queue"), ids=name)
def test_only_callables_imports_task_code(path):
    if name(path) not in IMPORT_BY_NAME:
        assert dynamic_imports(parse(path)) == []


@pytest.mark.parametrize("code", ["from django_simple_queue.engine import store", "import django_simple_queue.worker"])
def test_an_import_of_the_inside_is_found(code):
    assert foreign_to_console(ast.parse(code))


def test_an_import_by_name_is_found():
    assert dynamic_imports(ast.parse("importlib.import_module(task)")) == ["import_module"]
