"""A run that cannot be handed to a child, for its own sake or for want of files, harms no other."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection, transaction

from django_simple_queue.engine import messages
from django_simple_queue.models import Task
from django_simple_queue.utils import create_task, create_tasks
from tests.engine import leaving
from tests.engine.fleet import TASKS, Fleet, Ledger, enqueue, out_of_files, wait_for_status
from tests.support.waiting import wait_until

BIG = "x" * (messages.PACKET_LIMIT + 1)


@pytest.mark.sqlite
def test_a_call_that_nobody_can_say_is_failed_alone(fleet: Fleet) -> None:
    """SQLite keeps bytes in any column, as a program that is not ours may write them."""
    bad, *good = (enqueue("noop", priority=priority) for priority in (1, 0, 0, 0))
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {Task._meta.db_table} SET args = CAST('{{}}' AS BLOB) WHERE id = %s", [bad.hex])
    fleet.burst("--concurrency", "1")
    assert set(Task.objects.filter(pk__in=good).values_list("status", flat=True)) == {Task.COMPLETED}
    assert Task.objects.filter(pk=bad).values_list("status", "error", "error_class").get() == (
        Task.FAILED,
        "TypeError: The stored call cannot be handed to a child: Object of type bytes is not JSON serializable.",
        "builtins.TypeError",
    )


@pytest.mark.postgres
@pytest.mark.mariadb
def test_a_worker_without_free_files_passes_over_what_needs_one(fleet: Fleet) -> None:
    boot = fleet.ready("--concurrency", "1")
    wait_for_status(enqueue("noop"), Task.COMPLETED)
    with out_of_files(boot.pid):
        big = enqueue("answer", {"value": BIG}, priority=1)
        wait_for_status(enqueue("noop"), Task.COMPLETED)
        boot.says(f"passed over {big}, it cannot be claimed: it cannot be handed out (")
        assert Task.objects.get(pk=big).attempt == 0
    assert wait_for_status(big, Task.COMPLETED).attempt == 1
    assert "Traceback" not in boot.lines


@pytest.mark.postgres
@pytest.mark.mariadb
def test_a_worker_without_free_files_takes_back_what_it_has_given(fleet: Fleet, ledger: Ledger) -> None:
    go = Path(ledger.path).parent / "go"
    quick = [{"task": TASKS + "answer", "args": {"value": number}} for number in range(60)]
    create_tasks(quick)
    boot = fleet.ready("--concurrency", "1")
    wait_until(lambda: Task.objects.filter(status=Task.COMPLETED).count() == 60, 20, "answers are known to be quick")
    with transaction.atomic():
        enqueue("wait_for", {"path": str(go)}, priority=2)
        behind = [enqueue("answer", {"value": BIG}, priority=1) for _ in range(3)]
    wait_until(lambda: "wait_for attempt" in boot.lines, 20, "the first one is claimed")
    with out_of_files(boot.pid):
        wait_until(lambda: not Task.objects.filter(pk__in=behind, status=Task.PROGRESS).exists(), 20, "given back")
        go.touch()
        wait_for_status(enqueue("noop"), Task.COMPLETED)
    for task in behind:
        assert wait_for_status(task, Task.COMPLETED).attempt == 1
    assert "Traceback" not in boot.lines


def test_a_child_without_free_files_refuses_what_needs_one(fleet: Fleet) -> None:
    fleet.ready("--concurrency", "1")
    first = wait_for_status(create_task(leaving.PATH + "leave_no_file_free", {}), Task.COMPLETED)
    big = wait_for_status(enqueue("answer", {"value": BIG}), Task.COMPLETED)
    assert (big.attempt, big.output) == (1, BIG)
    assert big.worker_pid != first.worker_pid


@pytest.mark.parametrize("word", ["claimed", "failed"])
def test_an_error_that_ends_a_worker_gives_back_what_has_not_begun(fleet: Fleet, ledger: Ledger, word: str) -> None:
    go = Path(ledger.path).parent / "go"
    go.touch()
    create_tasks({"task": TASKS + "wait_for", "args": {"path": str(go)}} for _ in range(60))
    env = {"DJANGO_SETTINGS_MODULE": "tests.engine.with_harmful_log", "HARMFUL_WORD": word}
    boot = fleet.ready("--concurrency", "1", env=env)
    wait_until(lambda: Task.objects.filter(status=Task.COMPLETED).count() == 60, 20, "they are known to be quick")
    go.unlink()
    with transaction.atomic():
        enqueue("fail", priority=2)
        begun = enqueue("wait_for", {"path": str(go)}, priority=1)
        behind = [enqueue("wait_for", {"path": str(go)}) for _ in range(4)]
    assert boot.wait() == 1
    rows = set(Task.objects.filter(pk__in=behind).values_list("status", "attempt", "epoch"))
    assert (Task.QUEUED, 0, 1) in rows, "none was claimed and given back"
    assert rows <= {(Task.QUEUED, 0, 1), (Task.QUEUED, 0, 0)}
    assert Task.objects.get(pk=begun).status in (Task.PROGRESS, Task.QUEUED)
