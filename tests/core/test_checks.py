"""What the system checks say of the settings and of the allowlist."""

from __future__ import annotations

import sys

import pytest
from django.core.management import CommandError, call_command

from django_simple_queue import checks, conf
from tests.core.messages import found, ids

PLANTED = "tests.core.planted"
GOOD_OPTIONS = {
    "timeout": [None, 0, 60],
    "soft_timeout": [None, 0, 2.5],
    "max_attempts": [None, 1, 1000],
    "backoff": [None, [1], (0, 2.5, 60), lambda attempt: attempt * 10],
    "retry_on": [(), [ConnectionError], ["ConnectionError", "django.db.OperationalError"], {TimeoutError}],
    "queue": ["mail"],
    "priority": [-100, 0, 100],
    "title": ["", "Send an invoice"],
    "secret_args": [(), ["password"], {"token"}],
    "rerun": ["", "safe", "confirm", "never"],
    "permission": ["", "shop.refund_order"],
    "runbook": ["", "https://wiki.example.org/pay"],
    "coerce": [True, False],
}
BAD_OPTIONS = {
    "timeout": [-1, "60", 1.5, True],
    "soft_timeout": [-1, "5", True],
    "max_attempts": [0, 1001, "3", True],
    "backoff": [[], "10", 10, [-1], ["10"], [float("inf")]],
    "retry_on": ["ConnectionError", [7], [int], ["nowhere.at.all"], ["tests.tasks.noop"]],
    "queue": ["", None, 7, "a,b", " mail", "*", "x" * 65],
    "priority": [-101, 101, "high", None],
    "title": [None, 7],
    "secret_args": ["password", None, [7]],
    "rerun": ["always", None, True],
    "permission": [None, 7],
    "runbook": [None, 7, "javascript:alert(1)", "wiki"],
    "coerce": ["yes", 1, None],
}


def pairs(options):
    return [pytest.param(name, value, id=f"{name}={spelled(value)}") for name in options for value in options[name]]


def spelled(value):
    """The value as text that is the same in every process, so that tests can run side by side."""
    return "a function" if callable(value) else f"{value!r:.30}"


@pytest.fixture
def allow(settings):
    def set_allowed(value):
        settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = value

    set_allowed([f"{PLANTED}.run"])
    return set_allowed


def test_good_settings_are_silent(allow):
    assert found() == {}
    assert found(checks.check_tasks_can_be_imported) == {}


def test_a_wrong_value_is_an_error_that_says_what_to_write(allow, settings):
    settings.DJANGO_SIMPLE_QUEUE_LEASE_SECONDS = "soon"
    (message,) = checks.check_settings()
    assert message.is_serious()
    assert (message.id, message.msg) == ("django_simple_queue.E001", "DJANGO_SIMPLE_QUEUE_LEASE_SECONDS is 'soon'.")
    assert message.hint == "Set it to a number of seconds from 1 to 2000000000."


def test_every_wrong_value_is_reported_not_only_the_first(allow, settings):
    settings.DJANGO_SIMPLE_QUEUE_LEASE_SECONDS = settings.DJANGO_SIMPLE_QUEUE_MAX_ATTEMPTS = None
    assert ids() == ["E001", "E001"]


@pytest.mark.parametrize("allowed", ["shop.tasks.pay", 7, [["a.b"]]])
def test_an_allowlist_of_a_wrong_shape_is_an_error_and_nothing_else_breaks(allow, allowed):
    allow(allowed)
    assert "E001" in ids()
    assert found(checks.check_tasks_can_be_imported) == {}


@pytest.mark.parametrize(
    "path", ["pay", "", "shop.tasks.", ".pay", "shop..pay", "shop.tasks.pay now", 7, None, "a." * 200]
)
def test_an_entry_that_is_no_dotted_path_is_an_error(allow, path):
    allow([path])
    assert ids() == ["E002"]


@pytest.mark.parametrize(("name", "value"), pairs(GOOD_OPTIONS))
def test_a_good_option_is_silent(allow, name, value):
    allow({f"{PLANTED}.run": {name: value}})
    assert found() == {}


@pytest.mark.parametrize(("name", "value"), pairs(BAD_OPTIONS))
def test_a_bad_option_is_an_error_that_quotes_it(allow, name, value):
    allow({f"{PLANTED}.run": {name: value}})
    ((id, message),) = found()
    assert id == "E003"
    assert message == f"DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS['{PLANTED}.run'][{name!r}] is {value!r}."


def test_every_option_is_checked():
    assert set(GOOD_OPTIONS) == set(BAD_OPTIONS) == conf.OPTION_NAMES


@pytest.mark.parametrize("options", [{"retries": 3}, ["timeout"], "timeout", 60])
def test_an_unknown_option_or_something_else_than_options_is_an_error(allow, options):
    allow({f"{PLANTED}.run": options})
    assert ids() == ["E003"]


def test_no_allowlist_is_a_warning(allow):
    allow(None)
    (message,) = checks.check_settings()
    assert (message.id, message.is_serious()) == ("django_simple_queue.W001", False)


@pytest.mark.parametrize("path", ["tests.core.nowhere.run", f"{PLANTED}.gone", f"{PLANTED}.VALUE"])
def test_an_allowed_task_that_leads_nowhere_is_a_warning_because_the_others_can_run(allow, path):
    allow([path, f"{PLANTED}.run"])
    (message,) = checks.check_tasks_can_be_imported()
    assert (message.id, message.is_serious()) == ("django_simple_queue.W002", False)
    assert repr(path) in message.msg


@pytest.mark.parametrize("body", ["raise RuntimeError('broken')", "import sys; sys.exit(3)", "1 / 0", "syntax error"])
def test_a_module_that_breaks_on_import_is_a_warning(allow, tmp_path, monkeypatch, body):
    (tmp_path / "breaking.py").write_text(body)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "breaking", raising=False)
    allow(["breaking.run"])
    assert ids(checks.check_tasks_can_be_imported) == ["W002"]


@pytest.mark.parametrize(
    ("name", "value", "id"),
    [("PUBLIC_STATUS", True, "W003"), ("LEASE_SECONDS", 2, "W005")],
)
def test_a_risky_choice_is_a_warning(allow, settings, name, value, id):
    setattr(settings, conf.PREFIX + name, value)
    assert ids() == [id]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("TASK_TIMEOUTS", "Did you mean DJANGO_SIMPLE_QUEUE_TASK_TIMEOUT?"),
        ("MAX_ATTEMPT", "Did you mean DJANGO_SIMPLE_QUEUE_MAX_ATTEMPTS?"),
        ("COLOUR", "Remove it; docs/configuration.md lists all settings."),
    ],
)
def test_a_name_that_nothing_reads_is_a_warning_with_the_one_that_was_meant(allow, settings, name, hint):
    setattr(settings, conf.PREFIX + name, 60)
    (message,) = checks.check_settings()
    assert (message.id, message.is_serious()) == ("django_simple_queue.W007", False)
    assert message.msg == f"DJANGO_SIMPLE_QUEUE_{name} is set, but there is no such setting: nothing reads it."
    assert message.hint == hint


@pytest.mark.parametrize("prefix", ["", "SIMPLE_QUEUE_", "DJANGO_SIMPLEQUEUE_", "DJANGO_SIMPLE_QUEUES_"])
def test_a_name_without_the_prefix_is_a_warning_with_the_whole_one(allow, settings, prefix):
    setattr(settings, f"{prefix}TASK_TIMEOUT", 60)
    (message,) = checks.check_settings()
    assert (message.id, message.is_serious()) == ("django_simple_queue.W008", False)
    assert message.msg.startswith(f"{prefix}TASK_TIMEOUT is set, but the queue reads only settings that begin with")
    assert message.hint.startswith("Did you mean DJANGO_SIMPLE_QUEUE_TASK_TIMEOUT?")
    settings.DJANGO_SIMPLE_QUEUE_TASK_TIMEOUT = 60
    assert found() == {}


@pytest.mark.parametrize("name", ["RELEASE", "ENVIRONMENT", "CELERY_TASK_TIMEOUT", "SENTRY_RELEASE", "SHOP_BACKOFF"])
def test_a_name_that_is_the_project_s_own_is_silent(allow, settings, name):
    setattr(settings, name, "2026.11")
    assert found() == {}


def test_a_size_that_would_break_a_run_is_an_error_that_says_the_bounds(allow, settings):
    settings.DJANGO_SIMPLE_QUEUE_MAX_LOG_SIZE = 10**9
    (message,) = checks.check_settings()
    assert (message.id, message.msg) == ("django_simple_queue.E001", "DJANGO_SIMPLE_QUEUE_MAX_LOG_SIZE is 1000000000.")
    assert message.hint == "Set it to a whole number from 1 to 67108864."


def test_local_times_are_a_warning(allow, settings):
    settings.USE_TZ = False
    assert ids() == ["W006"]


def test_the_check_command_shows_an_error_as_one_and_fails(settings):
    settings.DJANGO_SIMPLE_QUEUE_MAX_ATTEMPTS = "many"
    with pytest.raises(CommandError, match=r"E001\) DJANGO_SIMPLE_QUEUE_MAX_ATTEMPTS is 'many'"):
        call_command("check", "--tag", "django_simple_queue")
