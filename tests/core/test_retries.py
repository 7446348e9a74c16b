"""Whether and when a failure is tried again, by what the call, the task's options and the settings say."""

from __future__ import annotations

from asyncio import CancelledError
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from django_simple_queue import Abandon, Retry
from django_simple_queue.backoff import BASE_SECONDS, LONGEST_SECONDS, retry_delay
from django_simple_queue.engine.store import NoAnswer
from django_simple_queue.failure import Failure
from django_simple_queue.models import Attempt, Task
from django_simple_queue.utils import create_task
from django_simple_queue.verdict import judged
from django_simple_queue.worker import execute_task
from tests.core.rows import BROKEN, PATH, a_task
from tests.endings import Busy, Throttled

pytestmark = pytest.mark.django_db


class Unavailable(ConnectionError):
    pass


def judge(error: BaseException) -> tuple[bool, float | None]:
    failure = judged(Failure("it broke"), PATH, error)
    return failure.retry, failure.after


@pytest.fixture
def options(settings):
    def set_options(**options):
        settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {PATH: options}

    return set_options


def test_any_exception_is_tried_again_unless_the_task_lists_some():
    assert judge(ValueError()) == (True, None)


@pytest.mark.parametrize("listed", [[ConnectionError], ["ConnectionError"], ["tests.core.test_retries.Unavailable"]])
def test_only_the_listed_exceptions_are_tried_again(options, listed):
    options(retry_on=listed)
    assert judge(Unavailable()) == (True, None)
    assert judge(ValueError()) == (False, None)


def test_a_task_s_own_word_comes_before_the_list(options):
    options(retry_on=[ConnectionError])
    assert judge(Retry(60)) == (True, 60)
    assert judge(Abandon()) == (False, None)


@pytest.mark.parametrize("listed", [["nowhere.at.all"], [7], "ConnectionError", 7])
def test_a_list_that_is_nonsense_counts_as_none(options, listed):
    options(retry_on=listed)
    assert judge(ValueError()) == (True, None)


@pytest.mark.parametrize(
    ("after", "seconds"),
    [
        (None, None),
        (0, 0),
        (2.5, 2.5),
        (timedelta(minutes=2), 120),
        (-5, 0),
        (timedelta(-1), 0),
        (1e20, LONGEST_SECONDS),
        (float("inf"), LONGEST_SECONDS),
    ],
)
def test_the_time_that_a_retry_names(after, seconds):
    assert judge(Retry(after)) == (True, seconds)


@pytest.mark.parametrize("after", ["60", float("nan"), True, [1]])
def test_a_retry_after_something_that_is_no_time_is_a_mistake_of_the_task(after):
    with pytest.raises(TypeError, match="after must be seconds, a timedelta or None"):
        Retry(after)


def test_a_retry_is_read_by_people():
    assert repr(Retry(60, "rate limited")) == "Retry(after=60, reason='rate limited')"
    assert repr(Busy(reason="rate limited")) == "Busy(reason='rate limited')"
    assert str(Retry(reason="rate limited")) == "rate limited"
    assert str(Abandon("no such account")) == "no such account"


def test_the_first_backoff_that_is_given_counts(settings, options):
    assert 0 <= retry_delay(PATH, 1).total_seconds() <= 2 * BASE_SECONDS
    settings.DJANGO_SIMPLE_QUEUE_BACKOFF = [7]
    assert retry_delay(PATH, 1).total_seconds() == 7
    options(backoff=lambda attempt: attempt * 10)
    assert retry_delay(PATH, 3).total_seconds() == 30
    assert [retry_delay(PATH, attempt, "[1, 60]").total_seconds() for attempt in (1, 2, 3)] == [1, 60, 60]


def test_a_setting_of_a_wrong_shape_never_blocks_an_ending(settings):
    settings.DJANGO_SIMPLE_QUEUE_BACKOFF = "soon"
    assert 0 <= retry_delay(PATH, 1).total_seconds() <= 2 * BASE_SECONDS


@pytest.mark.parametrize("error", [ValueError, SystemExit, CancelledError, GeneratorExit])
def test_a_backoff_that_raises_counts_as_none(options, error):
    def backoff(attempt):
        raise error

    options(backoff=backoff)
    assert 0 <= retry_delay(PATH, 1).total_seconds() <= 2 * BASE_SECONDS


def test_what_a_signal_handler_raises_is_not_the_backoff_s(options):
    def backoff(attempt):
        raise NoAnswer

    options(backoff=backoff)
    with pytest.raises(NoAnswer):
        retry_delay(PATH, 1)


@pytest.mark.parametrize("caught", [(), DatabaseError])
def test_a_statement_of_a_backoff_that_fails_spoils_no_ending(options, caught):
    def backoff(attempt):
        with suppress(caught):
            connection.cursor().execute("SELECT nothing FROM nowhere")
        return 7

    options(backoff=backoff)
    running = a_task(Task.PROGRESS, max_attempts=3)
    with transaction.atomic():
        assert running.fail(BROKEN, Attempt.Outcome.FAILED)
    assert Task.objects.get(pk=running.pk).status == Task.QUEUED


def test_a_backoff_is_asked_for_those_runs_only_that_are_tried_again(options):
    asked = []
    options(backoff=lambda attempt: asked.append(attempt) or 7)
    asked_to_stop = a_task(Task.PROGRESS, max_attempts=3, cancel_requested=timezone.now())
    for last in (a_task(Task.PROGRESS), a_task(Task.PROGRESS, max_attempts=3, attempt=3), asked_to_stop):
        before = last.run_after
        assert last.fail(BROKEN, Attempt.Outcome.FAILED)
        assert (last.status in (Task.FAILED, Task.CANCELLED), last.run_after) == (True, before)
    assert asked == []
    assert a_task(Task.PROGRESS, max_attempts=3, attempt=2).fail(BROKEN, Attempt.Outcome.FAILED)
    assert asked == [2]


def test_a_call_brings_its_own_backoff():
    task = Task.objects.get(pk=create_task(PATH, {}, max_attempts=3, backoff=(600, 1.5)))
    assert task.backoff == "[600, 1.5]"
    running = a_task(Task.PROGRESS, max_attempts=3, backoff=task.backoff)
    running.fail(BROKEN, Attempt.Outcome.FAILED)
    assert running.run_after - running.finished == pytest.approx(timedelta(seconds=600), abs=timedelta(seconds=1))


@pytest.mark.parametrize(
    ("backoff", "problem", "words"),
    [
        (lambda attempt: attempt, TypeError, "a function cannot be stored with a call"),
        (60, TypeError, "must be a list of seconds such as .*, not 60"),
        ("60", TypeError, "not '60'"),
        ([], ValueError, "must have 1 to 1000 numbers from 0 on"),
        ([1, -1], ValueError, r"not \[1, -1\]"),
        ([float("inf")], ValueError, "numbers from 0 on"),
        ([1] * 1001, ValueError, "1 to 1000"),
    ],
)
def test_a_backoff_that_cannot_be_stored_is_refused(backoff, problem, words):
    with pytest.raises(problem, match=words):
        create_task(PATH, {}, backoff=backoff)
    assert not Task.objects.exists()


def test_a_task_that_runs_again_keeps_its_backoff():
    task = a_task(Task.COMPLETED, backoff="[5]")
    assert Task.objects.get(pk=task.run_again()).backoff == "[5]"


def execute(name: str, args: dict[str, object] | None = None, **extras: object) -> Task:
    task = create_task(f"tests.tasks.{name}", args or {}, **extras)
    execute_task(task)
    return Task.objects.get(pk=task)


def test_a_retry_waits_as_long_as_it_says():
    task = execute("ask_again", {"after": 600}, max_attempts=2, backoff=[5])
    assert (task.status, task.due) == (Task.QUEUED, False)
    assert timedelta(seconds=590) < task.run_after - timezone.now() <= timedelta(seconds=601)
    assert (task.error or "").startswith("Retry(after=600, reason='rate limited')\n\nTraceback")
    assert Attempt.objects.get().outcome == Attempt.Outcome.FAILED


@pytest.mark.parametrize("after", [None, "60", [1]])
def test_a_retry_whose_time_is_none_waits_for_the_backoff(after):
    assert judge(Throttled(after)) == (True, None)
    task = execute("ask_again_throttled", {"after": after}, max_attempts=2, backoff=[5])
    assert (task.status, task.run_after - task.finished) == (Task.QUEUED, timedelta(seconds=5))


@pytest.mark.parametrize("name", ["ask_again", "ask_again_in_other_words"])
def test_a_retry_with_no_attempt_left_fails_and_says_why(name):
    task = execute(name)
    assert task.status == Task.FAILED
    assert "\nNo attempt is left (1 of 1); max_attempts says how many there are.\n" in (task.error or "")


def test_a_retry_of_a_task_that_is_to_be_cancelled_is_cancelled():
    task = a_task(Task.PROGRESS, max_attempts=3, cancel_requested=timezone.now())
    assert task.fail(judged(BROKEN, PATH, Retry(5)), Attempt.Outcome.FAILED)
    assert task.status == Task.CANCELLED


def test_a_task_that_is_abandoned_fails_although_attempts_remain():
    task = execute("give_up", max_attempts=5)
    assert (task.status, task.attempt) == (Task.FAILED, 1)
    assert "no such account" in (task.error or "")
