"""The borders between the packages; the layers inside each are contracts of import-linter in pyproject.toml."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.support.source import PACKAGES, faults, imported, name, python_files

PUBLIC_FACE = {"models", "utils", "callables", "conf", "payload", "redaction", "", "__version__"}
# Task code is imported by the first only; the second picks the module of a database vendor from its own table.
IMPORT_BY_NAME = {"django_simple_queue/callables.py", "django_simple_queue/engine/store/batches.py"}
IMPORTERS = {"import_module", "import_string", "__import__"}


def outside_project(*packages: str) -> list[Path]:
    return [path for path in python_files(*packages) if "project" not in path.parts]


def foreign_to_console(tree: ast.AST) -> list[str]:
    queue = [each for each in imported(tree) if each.split(".")[0] == "django_simple_queue"]
    return [each for each in queue if each.partition(".")[2].split(".")[0] not in PUBLIC_FACE]


def private_to_repository(tree: ast.AST) -> list[str]:
    return [each for each in imported(tree) if each.startswith(("dashboard.project", "tests", "benchmarks"))]


def dynamic_imports(tree: ast.AST) -> list[str]:
    """Imports of a name that is known only at run time."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and called(node) in IMPORTERS)
    return [called(call) for call in calls if not all(isinstance(each, ast.Constant) for each in call.args)]


def called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def test_the_console_uses_only_the_public_face_of_the_queue():
    assert faults(foreign_to_console, outside_project("dashboard")) == {}


def test_nothing_imports_the_project_or_the_tests():
    assert faults(private_to_repository, outside_project(*PACKAGES)) == {}


def test_only_callables_imports_task_code():
    paths = [path for path in python_files("django_simple_queue") if name(path) not in IMPORT_BY_NAME]
    assert faults(dynamic_imports, paths) == {}


@pytest.mark.parametrize("code", ["from django_simple_queue.engine import store", "import django_simple_queue.worker"])
def test_an_import_of_the_inside_is_found(code):
    assert foreign_to_console(ast.parse(code))


def test_an_import_by_name_is_found():
    assert dynamic_imports(ast.parse("importlib.import_module(task)")) == ["import_module"]
