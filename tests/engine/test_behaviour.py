"""What becomes of a task by what its callable does; each is run by a real worker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django_simple_queue.failure import MAX_FRAMES
from django_simple_queue.models import Attempt, Task
from tests.engine.fleet import TASKS, Fleet, Ledger, enqueue, run

COMPLETING = {
    "text as it is": ("noop", {}, "ok"),
    "nothing": ("nothing", {}, ""),
    "a number": ("number", {}, "42"),
    "a structure": ("answer", {"value": {"a": [1, None, "ü"]}}, '{"a": [1, null, "ü"]}'),
    "a generator": ("count_to", {}, "0 1 2 "),
    "a coroutine": ("wait_a_little", {}, "awaited"),
    "an async generator": ("count_slowly", {}, "0 1 2 "),
    "an older task that drives the current loop": ("use_current_loop", {}, "by hand"),
    "a coroutine that leaves work behind": ("leave_work_behind", {}, "left"),
    "text that no database takes": ("hostile_text", {}, "nul \N{REPLACEMENT CHARACTER} surrogate \ufffd done"),
    "a task that closes its standard streams": ("close_standard_streams", {}, ""),
}


def test_completes(fleet: Fleet) -> None:
    tasks = {case: enqueue(name, args) for case, (name, args, _) in COMPLETING.items()}
    fleet.burst("--concurrency", "1")
    rows = {case: Task.objects.get(pk=task) for case, task in tasks.items()}
    assert {case: row.output for case, row in rows.items()} == {case: want for case, (*_, want) in COMPLETING.items()}
    assert {row.status for row in rows.values()} == {Task.COMPLETED}
    assert not Attempt.objects.exists()


def test_when_a_run_started_does_not_hang_on_how_long_its_child_takes_to_report(fleet: Fleet, ledger: Ledger) -> None:
    """It ran for a second: whoever counts back from the report says that it started after it was over."""
    row = run(fleet, "report_late", {"ledger": ledger.path, "seconds": 3})
    ((over,),) = ledger.words("over")
    assert row.started and row.finished
    assert row.started.timestamp() < float(over)


FAILING: dict[str, tuple[str, dict[str, Any], str]] = {
    "an exception": ("fail", {"message": "no such order"}, "ValueError('no such order')"),
    "sys.exit": ("system_exit", {}, "SystemExit(2)"),
    "a keyboard interrupt": ("interrupt", {}, "KeyboardInterrupt()"),
    "endless recursion": ("recurse", {}, "RecursionError("),
    "an exception without a text": ("fail_without_text", {}, "Nameless (its repr failed)"),
    "an exception with a hostile text": ("hostile_failure", {}, "ValueError('nul \\x00 surrogate \\udc80 done')"),
    "a missing argument": ("two_arguments", {"first": 1}, "TypeError: The arguments do not fit tests.tasks.two_arg"),
    "an argument too many": ("noop", {"colour": "red"}, "TypeError: The arguments do not fit tests.tasks.noop"),
    "something that is not callable": ("not_callable", {}, "TypeError(\"'tests.tasks.not_callable' is a str"),
    "a name that is not there": ("gone", {}, "ImportError("),
    "os._exit": ("leave", {}, "Worker subprocess exited with code 3"),
    "kill -9": ("kill_self", {}, "Worker subprocess exited with code -9 (killed by SIGKILL"),
    "a segmentation fault": ("crash_in_c", {}, "Worker subprocess exited with code -11 (killed by SIGSEGV)"),
}


def test_fails_with_the_cause_and_the_worker_goes_on(fleet: Fleet) -> None:
    tasks = {case: enqueue(name, args) for case, (name, args, _) in FAILING.items()}
    last = enqueue("noop")
    boot = fleet.burst("--concurrency", "1")
    for case, (_, _, cause) in FAILING.items():
        row = Task.objects.get(pk=tasks[case])
        assert (row.status, (row.error or "")[: len(cause)]) == (Task.FAILED, cause), case
        assert Attempt.objects.get(task=row).error == row.error
    assert Task.objects.get(pk=last).status == Task.COMPLETED
    assert "Traceback" not in boot.lines


def test_last_words_survive(fleet: Fleet) -> None:
    tasks = [enqueue("leave"), enqueue("kill_self")]
    fleet.burst("--concurrency", "1")
    assert {Task.objects.get(pk=task).log for task in tasks} == {"last words\n"}
    assert {Attempt.objects.get(task=task).outcome for task in tasks} == {"crashed"}


def test_a_connection_that_cannot_be_closed_costs_no_result(fleet: Fleet) -> None:
    """As that of PyMySQL, when the task has closed it already."""
    task = enqueue("close_the_driver_s_connection")
    after = enqueue("noop")
    fleet.burst("--concurrency", "1")
    rows = [Task.objects.get(pk=each) for each in (task, after)]
    assert [(row.status, row.output) for row in rows] == [(Task.COMPLETED, "closed"), (Task.COMPLETED, "ok")]
    assert rows[0].worker_pid == rows[1].worker_pid


def test_a_failing_generator_keeps_what_it_yielded(fleet: Fleet) -> None:
    row = run(fleet, "count_then_fail")
    assert (row.status, row.output) == (Task.FAILED, "0 1 2 ")
    assert row.error and "RuntimeError('out of numbers')" in row.error


def test_failure_frames_begin_in_the_task(fleet: Fleet) -> None:
    row = run(fleet, "fail")
    frames = json.loads(row.frames or "")
    assert [frame["function"] for frame in frames] == ["fail"]
    assert row.error and "running.py" not in row.error
    assert (row.error_class, len(row.fingerprint)) == ("builtins.ValueError", 16)


def test_of_too_many_frames_the_innermost_are_kept(fleet: Fleet) -> None:
    row = run(fleet, "recurse", max_log_size=4096)
    frames = json.loads(row.frames or "")
    assert 1 < len(frames) < MAX_FRAMES
    assert {frame["function"] for frame in frames} == {"recurse"}
    assert len(row.frames or "") <= 4096


def test_paths_that_lead_nowhere(fleet: Fleet) -> None:
    paths = ["nowhere.tasks.run", "nodots", "os.path.", "tests..tasks"]
    rows = [Task.objects.create(task=path, args="{}") for path in paths]
    fleet.burst("--concurrency", "1")
    for row in rows:
        row.refresh_from_db()
        assert (row.status, bool(row.error)) == (Task.FAILED, True), row.task


def test_stored_arguments_that_are_no_object(fleet: Fleet) -> None:
    rows = [Task.objects.create(task=TASKS + "noop", args=args) for args in ("[1]", "{", '"text"', "null")]
    fleet.burst("--concurrency", "1")
    for row in rows:
        row.refresh_from_db()
        assert row.status == Task.FAILED
        assert row.error and "The stored args are" in row.error, row.args


def test_stored_arguments_that_are_empty(fleet: Fleet) -> None:
    rows = [Task.objects.create(task=TASKS + "noop", args=args) for args in (None, "")]
    fleet.burst("--concurrency", "1")
    assert [Task.objects.get(pk=row.pk).output for row in rows] == ["ok", "ok"]


def test_positional_arguments(fleet: Fleet) -> None:
    task = Task.objects.create(task=TASKS + "two_arguments", args='{"second": 4}', positional="[3]")
    fleet.burst("--concurrency", "1")
    assert Task.objects.get(pk=task.pk).output == "7"


def test_arguments_larger_than_a_packet(fleet: Fleet) -> None:
    text = "ü" * 400_000
    assert run(fleet, "answer", {"value": text}).output == text


def test_what_is_not_allowed_is_never_imported(fleet: Fleet, tmp_path: Path) -> None:
    (tmp_path / "planted.py").write_text(f"open({str(tmp_path / 'marker')!r}, 'w').close()\ndef run(): pass\n")
    rows = [
        Task.objects.create(task="os.system", args=json.dumps({"command": f"touch {tmp_path / 'marker'}"})),
        Task.objects.create(task="planted.run", args="{}"),
    ]
    allowed = enqueue("noop")
    fleet.burst(env={"PYTHONPATH": str(tmp_path)}, allowed_tasks=[TASKS + "noop"])
    for row in rows:
        row.refresh_from_db()
        assert row.status == Task.FAILED
        assert row.error == (
            f"TaskNotAllowedError: Task '{row.task}' is not in the allowlist. "
            "Add it to DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS in settings.py to allow it."
        )
    assert not (tmp_path / "marker").exists()
    assert Task.objects.get(pk=allowed).status == Task.COMPLETED


def test_a_failure_is_tried_again_while_attempts_remain(fleet: Fleet, ledger: Ledger) -> None:
    task = enqueue("fail_until", {"ledger": ledger.path, "times": 2}, max_attempts=3)
    for _ in range(3):
        fleet.burst("--concurrency", "1")
        Task.objects.filter(pk=task).start_now()
    row = Task.objects.get(pk=task)
    assert (row.status, row.output, row.attempt) == (Task.COMPLETED, "succeeded at try 3", 3)
    assert list(row.attempts.values_list("attempt", "outcome")) == [(1, "failed"), (2, "failed")]
    assert not row.error
