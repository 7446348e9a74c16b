from __future__ import annotations

import inspect

import pytest
from django.core.exceptions import ImproperlyConfigured

from django_simple_queue import conf

MEBIBYTE = 1024 * 1024


def retry_soon(attempt):
    return attempt


WRONG = {
    "ALLOWED_TASKS": ["shop.tasks.pay", 7, [["shop.tasks.pay"]], b"shop.tasks.pay"],
    "TASK_TIMEOUT": ["60", True, 1.5, 10**14],
    "SOFT_TIMEOUT": [-1, "5", None, True, 1e14],
    "MAX_OUTPUT_SIZE": [0, "10", None, True, 1.0, 128 * MEBIBYTE + 1],
    "MAX_ARGS_SIZE": [0, "10", None, 64 * MEBIBYTE + 1],
    "MAX_LOG_SIZE": [-1, "10", None, 10**9],
    "MAX_ATTEMPTS": [0, 1001, "3", False],
    "BACKOFF": [[], "10", 10, [-1], ["10"], [True], [float("inf")], {60}],
    "LEASE_SECONDS": [0, 0.5, "30", None, float("nan"), float("inf"), 10**14, 10**400, True],
    "SHUTDOWN_GRACE": [-1, "25", None, float("inf"), 10**14],
    "MAX_TASKS_PER_CHILD": [0, "1", None, 2.5, 10**30],
    "MAX_CHILD_MEMORY_MB": [-1, "512", True, 1, 63, 10**12],
    "UNDO_SECONDS": [-1, "5", None, 10**14],
    "RETENTION": [30, {"done": 3}, {"completed": 0}, {"completed": "30"}, {"failed": True}, {"failed": 10**9}, None],
    "ENVIRONMENT": [7, None, "x" * 31],
    "RELEASE": [7, None, "x" * 101, "1.0\x00", "1.0\udcff"],
    "ADMIN_SUMMARY": ["yes", 1, None],
    "PUBLIC_STATUS": ["yes", 1, None],
    "DASHBOARD_LINKS": ["shop.links.order", [7], ["order"], None],
}
RIGHT = {
    "ALLOWED_TASKS": [None, set(), {"a.b"}, ["a.b"], ("a.b",), frozenset({"a.b"}), {"a.b": {"timeout": 3}}],
    "TASK_TIMEOUT": [None, 0, -1, 60, 2_000_000_000],
    "SOFT_TIMEOUT": [0, 5, 2.5],
    "MAX_OUTPUT_SIZE": [1, 128 * MEBIBYTE],
    "MAX_ARGS_SIZE": [2, 64 * MEBIBYTE],
    "MAX_LOG_SIZE": [1, 64 * MEBIBYTE],
    "MAX_ATTEMPTS": [1, 1000],
    "BACKOFF": [None, [1], (0, 2.5), retry_soon],
    "LEASE_SECONDS": [1, 2.5],
    "SHUTDOWN_GRACE": [0, 1.5],
    "MAX_TASKS_PER_CHILD": [1, 1_000_000],
    "MAX_CHILD_MEMORY_MB": [None, 0, 64, 256],
    "UNDO_SECONDS": [0, 2.5],
    "RETENTION": [{}, {"completed": 30, "failed": None}, {"completed": 36_500}],
    "ENVIRONMENT": ["", "production"],
    "RELEASE": ["", "2026.11"],
    "ADMIN_SUMMARY": [True, False],
    "PUBLIC_STATUS": [True, False],
    "DASHBOARD_LINKS": [[], ("shop.links.order",)],
}


def pairs(values):
    return [pytest.param(name, value, id=f"{name}={spelled(value)}") for name in values for value in values[name]]


def spelled(value):
    """The value as text that is the same in every process, so that tests can run side by side."""
    return "a function" if callable(value) else f"{value!r:.40}"


@pytest.mark.parametrize(("name", "value"), pairs(WRONG))
def test_a_wrong_value_is_quoted_with_the_name_of_its_setting(settings, name, value):
    setattr(settings, conf.PREFIX + name, value)
    with pytest.raises(ImproperlyConfigured) as error:
        conf.READERS[name]()
    assert f"{conf.PREFIX}{name} is {value!r:.200}; it must be " in str(error.value)


@pytest.mark.parametrize(("name", "value"), pairs(RIGHT))
def test_a_right_value_is_accepted(settings, name, value):
    setattr(settings, conf.PREFIX + name, value)
    conf.READERS[name]()


def test_every_setting_is_among_the_readers_that_are_checked():
    functions = inspect.getmembers(conf, inspect.isfunction)
    parameterless = [function for _, function in functions if not inspect.signature(function).parameters]
    assert sorted(map(repr, parameterless)) == sorted(map(repr, conf.READERS.values()))
    assert set(WRONG) == set(RIGHT) == set(conf.READERS)


def test_the_defaults_are_those_of_the_older_package(settings):
    for name in WRONG:
        if hasattr(settings, conf.PREFIX + name):
            delattr(settings, conf.PREFIX + name)
    assert conf.get_allowed_tasks() is None
    assert conf.is_task_allowed("whatever.it.is")
    assert conf.get_max_output_size() == 10 * 1024 * 1024
    assert conf.get_max_args_size() == 1024 * 1024
    assert conf.get_task_timeout() == 3600
    assert not conf.is_status_public()
    assert conf.get_max_attempts() == 1


@pytest.mark.parametrize("off", [None, 0, -5])
def test_a_timeout_can_be_off(settings, off):
    settings.DJANGO_SIMPLE_QUEUE_TASK_TIMEOUT = off
    assert conf.get_task_timeout() is None


def test_an_allowlist_is_a_set_of_exact_paths(settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = ["shop.tasks.pay", "shop.tasks.pay"]
    assert conf.get_allowed_tasks() == {"shop.tasks.pay"}
    assert conf.is_task_allowed("shop.tasks.pay")
    for other in ("shop.tasks.payout", "shop.tasks", "SHOP.TASKS.PAY", "shop.tasks.pay ", ""):
        assert not conf.is_task_allowed(other)


def test_an_empty_allowlist_allows_nothing(settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = set()
    assert not conf.is_task_allowed("shop.tasks.pay")


def test_the_options_of_a_task_come_from_the_mapping(settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {"shop.tasks.pay": {"queue": "money", "secret_args": ["card"]}}
    options = conf.get_task_options("shop.tasks.pay")
    assert (options.queue, options.secret_args, options.timeout) == ("money", ("card",), None)
    assert conf.get_task_options("shop.tasks.other") == conf.TaskOptions()


def test_an_unknown_option_is_named_beside_the_known_ones(settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {"shop.tasks.pay": {"retries": 3}}
    with pytest.raises(ImproperlyConfigured, match=r"'shop.tasks.pay'.*'retries'.*max_attempts"):
        conf.get_task_options("shop.tasks.pay")
