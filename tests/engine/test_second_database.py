"""The queue in a database of its own: a router says which, and nothing of it is looked for anywhere else.

The database of the test is the queue's; the worker's other one has no tables at all, so that every slip is an error.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from django_simple_queue.models import Attempt, Task, Worker
from tests.engine.fleet import Fleet, enqueue, wait_for_status
from tests.support.processes import environment, start_manage

NAMES = ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")


@pytest.fixture
def routed(tmp_path: Path, transactional_db: None) -> dict[str, str]:
    """The environment of a project whose router keeps the queue apart."""
    empty = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "empty.sqlite3")}
    queue: dict[str, Any] = {name: connection.settings_dict[name] for name in NAMES}
    settings = {
        "DATABASES": {"default": empty, "queue": queue},
        "DATABASE_ROUTERS": ["tests.support.router.QueueRouter"],
        "DJANGO_SIMPLE_QUEUE_RETENTION": {"completed": 1},
    }
    return {"TEST_SETTINGS": json.dumps(settings, default=str)}


def test_a_worker_runs_fails_and_retries_there(fleet: Fleet, routed: dict[str, str]) -> None:
    good, bad = enqueue("report_from_thread"), enqueue("fail")
    again = enqueue("ask_again", {"after": 0}, max_attempts=2)
    fleet.ready("--concurrency", "2", env=routed)
    assert wait_for_status(good, Task.COMPLETED).progress == 50
    assert wait_for_status(bad, Task.FAILED).error_class == "builtins.ValueError"
    assert wait_for_status(again, Task.FAILED).attempt == 2
    assert Attempt.objects.filter(task=again).count() == 2
    assert Worker.objects.get().state == Worker.State.RUNNING


def test_code_enqueues_and_executes_there(routed: dict[str, str]) -> None:
    code = (
        "from django_simple_queue.utils import create_task, create_tasks; "
        "from django_simple_queue.worker import execute_task; "
        "ids = [create_task('tests.tasks.noop', {}, idempotency_key='a'), *create_tasks([('tests.tasks.fail', {})])]; "
        "[execute_task(each) for each in ids]"
    )
    process = start_manage("shell", "--command", code, env=environment() | routed)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0, out
    assert sorted(Task.objects.values_list("task", "status")) == [
        ("tests.tasks.fail", Task.FAILED),
        ("tests.tasks.noop", Task.COMPLETED),
    ]


@pytest.mark.parametrize("call", ["create_task('tests.tasks.noop', {})", "create_tasks([('tests.tasks.noop', {})])"])
def test_a_transaction_on_another_database_is_warned_of_once_where_it_is(routed: dict[str, str], call: str) -> None:
    code = (
        "from django.db import transaction\n"
        "from django_simple_queue.utils import create_task, create_tasks\n"
        f"{call}\n"
        "with transaction.atomic(using='queue'):\n"
        f"    {call}\n"
        "print('until now nothing')\n"
        "with transaction.atomic():\n"
        f"    {call}\n"
        f"    {call}\n"
    )
    process = start_manage("shell", "--command", code, env=environment() | routed)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0, out
    before, _, after = out.partition("until now nothing")
    assert "RuntimeWarning" not in before
    assert after.count("RuntimeWarning") == 1
    assert "<string>:8: RuntimeWarning: A task is enqueued in database 'queue' inside a transaction on 'defau" in after
    assert Task.objects.count() == 4


@pytest.mark.parametrize("command", [["queue_health", "--min-workers", "0"], ["prune_tasks", "--dry-run"]])
def test_the_commands_look_there(routed: dict[str, str], command: list[str]) -> None:
    process = start_manage(*command, env=environment() | routed)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0, out
