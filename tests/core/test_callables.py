from __future__ import annotations

import inspect
import sys

import pytest
from django.core.exceptions import ValidationError
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from django_simple_queue import utils
from django_simple_queue.callables import TaskNotAllowedError, check_arguments, require_allowed, resolve
from django_simple_queue.models import Task

PLANTED = "tests.core.planted"


@pytest.fixture
def marker(tmp_path, monkeypatch):
    """A file that is written when the planted module is imported, which has not happened yet."""
    monkeypatch.setenv("PLANTED_MARKER", str(tmp_path / "imported"))
    monkeypatch.delitem(sys.modules, PLANTED, raising=False)
    return tmp_path / "imported"


def allow(settings, *paths):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = set(paths)


def test_a_path_outside_the_allowlist_is_refused_before_its_module_is_imported(settings, marker):
    allow(settings, "tests.core.planted.other")
    with pytest.raises(TaskNotAllowedError):
        resolve(f"{PLANTED}.run")
    assert not marker.exists()
    assert PLANTED not in sys.modules


def test_an_allowed_path_is_imported_and_returned(settings, marker):
    allow(settings, f"{PLANTED}.run")
    assert resolve(f"{PLANTED}.run")() == "ran"
    assert marker.read_text() == "imported\n"


@pytest.mark.parametrize(
    "use", [lambda path: Task(task=path).clean_task(), lambda path: utils.create_task(path, {}), require_allowed]
)
def test_nothing_that_takes_a_path_from_a_stranger_imports_it(settings, marker, use):
    allow(settings)
    with pytest.raises((TaskNotAllowedError, ValidationError)):
        use(f"{PLANTED}.run")
    assert not marker.exists()


def test_the_refusal_names_the_path_and_the_setting(settings):
    allow(settings, "a.b")
    with pytest.raises(TaskNotAllowedError) as error:
        require_allowed("os.system")
    assert "Task 'os.system' is not in the allowlist" in str(error.value)
    assert "Add it to DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS in settings.py" in str(error.value)
    assert error.value.task == "os.system"
    assert utils.TaskNotAllowedError is TaskNotAllowedError


@pytest.mark.parametrize(
    ("path", "problem", "words"),
    [
        ("planted", ImportError, "'planted' is not a dotted path"),
        (f"{PLANTED}.gone", ImportError, "has no 'gone': is the path"),
        (f"{PLANTED}.VALUE", TypeError, "is an int, not a callable"),
        ("tests.core.nowhere.run", ImportError, "tests.core.nowhere"),
    ],
)
def test_a_path_that_leads_nowhere_says_why(settings, path, problem, words):
    allow(settings, path)
    with pytest.raises(problem, match=words):
        resolve(path)


@given(st.text(max_size=40) | st.from_regex(r"[a-z.]{0,20}", fullmatch=True))
def test_no_path_breaks_the_border(settings_allowing_one, path):
    if path != settings_allowing_one:
        with pytest.raises(TaskNotAllowedError):
            resolve(path)


@pytest.fixture(scope="module")
def settings_allowing_one():
    with override_settings(DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS=[f"{PLANTED}.run"]):
        yield f"{PLANTED}.run"


def takes(order, *, express=False):
    """Take an order."""


@pytest.mark.parametrize(
    ("args", "positional", "words"),
    [
        ({}, [], "missing a required argument: 'order'"),
        ({"order": 1, "color": 2}, [], "unexpected keyword argument 'color'"),
        ({"order": 1}, [1], "multiple values for argument 'order'"),
        ({}, [1, 2], "too many positional arguments"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_in_pythons_words(args, positional, words):
    with pytest.raises(TypeError, match=words):
        check_arguments(takes, args, positional)


def test_arguments_that_fit_pass():
    check_arguments(takes, {"order": 1, "express": True})
    check_arguments(takes, {"express": True}, [1])
    check_arguments(type("Callable", (), {"__call__": lambda self, a: a})(), {"a": 1})


def test_a_callable_without_a_signature_is_left_to_the_call_itself():
    with pytest.raises(ValueError, match="no signature found"):
        inspect.signature(max)
    check_arguments(max, {"x": 1})
