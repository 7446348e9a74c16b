"""The status of a task is written in two places, both built from one table of allowed moves."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.support.source import PACKAGES, faults, name, python_files

WRITERS = re.compile(r"django_simple_queue/(models/task|engine/store(/\w+)?)\.py")
WRITING_CALLS = {"update", "create", "get_or_create", "update_or_create", "Task"}
WRITING_SQL = re.compile(r"\b(UPDATE|INSERT INTO)\b.*\bstatus\b", re.IGNORECASE | re.DOTALL)


def status_writes(tree: ast.AST) -> Iterator[int]:
    """The lines that write a status: `x.status = y`, `.update(status=...)` and its like, and SQL."""
    for node in ast.walk(tree):
        if assigns_status(node) or passes_status(node) or is_writing_sql(node):
            yield node.lineno


def assigns_status(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign):
        return any(isinstance(target, ast.Attribute) and target.attr == "status" for target in node.targets)
    return isinstance(node, ast.AugAssign | ast.AnnAssign) and getattr(node.target, "attr", "") == "status"


def passes_status(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return called in WRITING_CALLS and any(keyword.arg == "status" for keyword in node.keywords)


def is_writing_sql(node: ast.AST) -> bool:
    if isinstance(node, ast.JoinedStr):
        return bool(
            WRITING_SQL.search("".join(str(part.value) for part in node.values if isinstance(part, ast.Constant)))
        )
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(WRITING_SQL.search(node.value))


def test_status_is_written_only_by_the_model_and_the_store():
    outside_project = [path for path in python_files(*PACKAGES) if "project" not in path.parts]
    assert faults(status_writes, [path for path in outside_project if not WRITERS.fullmatch(name(path))]) == {}


def test_the_two_writers_are_there():
    assert set(faults(status_writes, python_files("django_simple_queue"))) > {"django_simple_queue/models/task.py"}


@pytest.mark.parametrize(
    "code",
    [
        "task.status = Task.QUEUED",
        "Task.objects.filter(pk=1).update(modified=now, status=0)",
        "Task.objects.create(task='a', status=3)",
        "Task(status=1)",
        "cursor.execute('UPDATE django_simple_queue_task SET status = 1')",
        "cursor.execute(f'UPDATE {table} SET status = 1')",
    ],
)
def test_a_third_writer_is_found(code):
    assert list(status_writes(ast.parse(code))) == [1]


def test_reading_is_not_writing():
    assert list(status_writes(ast.parse("Task.objects.filter(status=1); render(request, status=422)"))) == []
