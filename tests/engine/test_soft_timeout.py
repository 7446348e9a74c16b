"""TaskTimeout: raised in a run shortly before it would be killed, once, and never later than its end."""

from __future__ import annotations

import asyncio
import signal
import threading

import pytest

from django_simple_queue import TaskTimeout
from django_simple_queue.limits import SoftLimit, soft_limit, watched
from django_simple_queue.models import Task
from django_simple_queue.utils import create_task
from django_simple_queue.worker import execute_task
from tests.engine.fleet import Fleet, Ledger, enqueue

PATH = "shop.tasks.pay"


def test_tasks_clean_up_before_they_would_be_killed(fleet: Fleet, ledger: Ledger) -> None:
    names = ("clean_up_in_time", "clean_up_in_time_async", "block_the_loop", "count_until_told")
    tasks = {name: enqueue(name, {"ledger": ledger.path}, timeout=20) for name in names}
    fleet.burst("--concurrency", str(len(tasks)), soft_timeout=19)
    assert ledger.words("cleaned") == [[]] * len(tasks)
    for name, task in tasks.items():
        row = Task.objects.get(pk=task)
        assert (row.status, row.error_class) == (Task.FAILED, "django_simple_queue.outcomes.TaskTimeout"), name
        assert (row.error or "").startswith("TaskTimeout('The task has run for 10 s and is killed after 20 s.')"), name
        assert row.attempts.get().outcome == "timed_out", name


def test_a_task_may_use_what_time_is_left(fleet: Fleet, ledger: Ledger) -> None:
    task = enqueue("clean_up_in_time", {"ledger": ledger.path, "goes_on": True}, timeout=6)
    after = enqueue("noop")
    options = {"tests.tasks.clean_up_in_time": {"soft_timeout": 3}, "tests.tasks.noop": {}}
    fleet.burst("--concurrency", "1", allowed_tasks=options)
    row = Task.objects.get(pk=task)
    assert (row.status, row.output) == (Task.COMPLETED, "what there was time for")
    assert Task.objects.get(pk=after).status == Task.COMPLETED


def test_attempts_that_remain_are_used(fleet: Fleet, ledger: Ledger) -> None:
    task = enqueue("clean_up_in_time", {"ledger": ledger.path}, timeout=2, max_attempts=2, backoff=[600])
    fleet.burst("--concurrency", "1", soft_timeout=1)
    row = Task.objects.get(pk=task)
    assert (row.status, row.due, row.attempt) == (Task.QUEUED, False, 1)


@pytest.mark.parametrize(
    ("setting", "option", "hard", "soft"),
    [(0, None, 60, 0), (5, None, 60, 55), (5, 10, 60, 50), (5, 0, 60, 0), (5, None, 0, 0), (50, None, 60, 30)],
)
def test_the_option_comes_before_the_setting_and_half_of_the_time_is_the_task_s(settings, setting, option, hard, soft):
    settings.DJANGO_SIMPLE_QUEUE_SOFT_TIMEOUT = setting
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {PATH: {"soft_timeout": option}}
    assert soft_limit(PATH, hard) == soft


def ring() -> None:
    signal.raise_signal(signal.SIGALRM)


@pytest.mark.django_db
def test_a_task_that_runs_another_one_hears_of_its_own_limit_too() -> None:
    inner = create_task(f"{__name__}.ring", {})
    with SoftLimit(30, 60), pytest.raises(TaskTimeout, match="has run for 30 s and is killed after 60 s"):
        execute_task(inner)
    row = Task.objects.get(pk=inner)
    assert (row.status, row.error_class) == (Task.FAILED, "django_simple_queue.outcomes.TaskTimeout")


def test_it_never_fires_after_the_run() -> None:
    with SoftLimit(30, 60):
        pass
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL


def test_an_alarm_that_was_on_its_way_when_the_run_ended_is_ignored() -> None:
    limit = SoftLimit(30, 60)
    with limit:
        pass
    assert limit.ring(signal.SIGALRM, None) is None


def test_it_fires_once() -> None:
    limit = SoftLimit(30, 60)
    with limit:
        with pytest.raises(TaskTimeout):
            signal.raise_signal(signal.SIGALRM)
        assert signal.raise_signal(signal.SIGALRM) is None


def test_a_thread_that_waits_is_woken() -> None:
    with SoftLimit(0.05, 60), pytest.raises(TaskTimeout):
        threading.Event().wait(30)


def test_a_coroutine_that_is_cancelled_for_another_reason_sees_that() -> None:
    async def cancelled() -> str:
        asyncio.get_running_loop().call_soon(asyncio.current_task().cancel)
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            return "cancelled"
        return "slept"

    async def main() -> str:
        return await watched(cancelled())

    with SoftLimit(30, 60):
        assert asyncio.run(main()) == "cancelled"
