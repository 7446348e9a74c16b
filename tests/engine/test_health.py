"""queue_health: what it counts, and when it says that something is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models.functions import Now
from django.test import override_settings

from django_simple_queue.engine import health as probe
from django_simple_queue.engine.store.vendors import opened
from django_simple_queue.models import QueuePause, Task, Worker
from django_simple_queue.worker import identity
from tests.engine.fleet import Fleet
from tests.engine.storing import enqueue, let_lease_end, live_worker, running
from tests.support.processes import environment, start_manage

pytestmark = pytest.mark.django_db


def health(*arguments: str) -> tuple[int, dict[str, object]]:
    out = StringIO()
    with pytest.raises(SystemExit) as left:
        call_command("queue_health", *arguments, stdout=out)
    return left.value.code, json.loads(out.getvalue())


def problems(*arguments: str) -> list[str]:
    code, report = health(*arguments)
    assert code == int(not report["healthy"]) == int(bool(report["problems"]))
    return report["problems"]


def waiting_for(seconds: float, **columns: object) -> None:
    (task,) = enqueue(**columns)
    Task.objects.filter(pk=task.pk).update(run_after=Now() - timedelta(seconds=seconds))


def test_a_quiet_queue_with_a_worker_is_healthy() -> None:
    live_worker(slots=4)
    code, report = health()
    assert (code, report["healthy"], report["workers"], report["slots"]) == (0, True, 1, 4)
    assert (report["stuck"], report["oldest_due_seconds"], report["lapsed_workers"]) == (0, 0, 0)


def test_no_worker() -> None:
    assert problems() == ["0 live workers, fewer than 1."]
    assert problems("--min-workers", "0") == []


def test_a_run_without_a_worker_is_no_worker() -> None:
    with identity() as here:
        assert problems() == ["0 live workers, fewer than 1."]
        assert Worker.objects.live().filter(pk=here.pk).exists()


@pytest.mark.parametrize("age", ["nan", "inf"])
def test_an_age_that_is_no_number_is_refused(age: str) -> None:
    with pytest.raises(CommandError, match="is no number of seconds"):
        call_command("queue_health", "--max-age", age)


@override_settings(DJANGO_SIMPLE_QUEUE_RELEASE=5)
def test_settings_that_are_wrong_are_a_problem() -> None:
    (problem,) = problems()
    assert problem.startswith("The settings are wrong: DJANGO_SIMPLE_QUEUE_RELEASE")


def test_only_this_host_counts_when_asked() -> None:
    live_worker(host="another-host")
    assert problems() == []
    assert "fewer than 1" in problems("--here")[0]


@pytest.mark.parametrize("columns", [{}, {"priority": -5}, {"queue": "media"}])
def test_the_oldest_due_task_of_all_priorities_and_queues(columns: dict[str, object]) -> None:
    live_worker()
    enqueue(5, priority=50)
    waiting_for(1000, **columns)
    (problem,) = problems("--max-age", "900")
    assert problem.startswith(f"A task of queue '{columns.get('queue', 'default')}' has been due for 100")
    assert problems("--max-age", "1100") == []


def test_a_task_whose_time_has_come_and_that_nobody_promotes_is_due() -> None:
    live_worker()
    waiting_for(1000, run_after=Now() + timedelta(hours=1))
    assert len(problems()) == 1


@pytest.mark.sqlite
@pytest.mark.postgres
def test_it_asks_no_more_for_more_queues(monkeypatch: pytest.MonkeyPatch) -> None:
    enqueue(queue="tenant-0")
    with statements(monkeypatch) as of_one:
        probe.look()
    for number in range(40):
        enqueue(queue=f"tenant-{number}", priority=number % 3)
    with statements(monkeypatch) as of_many:
        probe.look()
    assert any("WITH RECURSIVE" in each for each in of_one)
    assert len(of_many) == len(of_one) <= 10


@contextmanager
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Collect what is sent by Django, and by the store past Django's cursor."""
    database, said = type(opened()), list[str]()
    name = "_sent" if connection.vendor == "postgresql" else "_rows"
    send = getattr(database, name)

    def noted(self: Any, statement: str, **parameters: Any) -> Any:
        said.append(statement)
        return send(self, statement, **parameters)

    def executed(execute: Any, statement: str, *others: Any) -> Any:
        said.append(statement)
        return execute(statement, *others)

    with monkeypatch.context() as patched, connection.execute_wrapper(executed):
        patched.setattr(database, name, noted)
        yield said


@pytest.mark.postgres
@pytest.mark.parametrize("due", [True, False])
@pytest.mark.parametrize("instant", ["infinity", "-infinity", "0044-03-15 12:00 BC"])
def test_a_row_of_no_instant_that_python_knows_hides_no_other(instant: str, due: bool) -> None:
    live_worker()
    waiting_for(1000)
    (odd,) = enqueue()
    Task.objects.filter(pk=odd.pk).update(due=due)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_simple_queue_task SET run_after = %s WHERE id = %s", [instant, odd.pk])
    (problem,) = problems()
    assert problem.startswith("A task of queue 'default' has been due for ")


def test_a_paused_queue_may_wait() -> None:
    live_worker()
    waiting_for(1000, queue="mail")
    pause = QueuePause.objects.create(queue="mail", reason="provider is down")
    assert problems() == []
    pause.delete()
    QueuePause.objects.create(queue=QueuePause.ALL, reason="maintenance")
    assert problems() == []


def test_a_task_that_no_live_worker_holds_is_stuck() -> None:
    worker = live_worker()
    running(worker)
    assert problems() == []
    let_lease_end(worker)
    live_worker()
    assert problems() == ["1 tasks are in progress although no live worker holds them, more than 0."]
    assert problems("--max-stuck", "1") == []


@pytest.mark.django_db(transaction=True)
def test_a_probe_of_a_running_worker(fleet: Fleet) -> None:
    fleet.ready("--concurrency", "1")
    process = start_manage("queue_health", "--here", env=environment())
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert json.loads(out)["workers"] == 1


def answers(monkeypatch: pytest.MonkeyPatch, *statements: str) -> str:
    def look(host: str) -> None:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    monkeypatch.setattr(probe, "look", look)
    (problem,) = problems()
    return problem


@pytest.mark.parametrize("statement", ["SELECT 1 FROM nowhere", f"SELECT newer FROM {Task._meta.db_table}"])
def test_a_table_or_a_column_that_is_missing(monkeypatch: pytest.MonkeyPatch, statement: str) -> None:
    problem = answers(monkeypatch, statement)
    assert problem.startswith('The database is not migrated, run "manage.py migrate": ')


@pytest.mark.postgres
def test_a_refusal_is_not_taken_for_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = answers(monkeypatch, "SELECT 1 / 0")
    assert problem == "The database refuses to say: division by zero"


@pytest.mark.postgres
def test_a_database_that_gives_no_permission_is_not_said_to_lack_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = answers(monkeypatch, "SET LOCAL ROLE pg_read_all_settings", f"SELECT 1 FROM {Task._meta.db_table}")
    assert problem.startswith("The database refuses to say: permission denied for table ")


def test_a_database_that_is_away_is_a_problem_not_a_traceback(tmp_path) -> None:
    address = f"postgres://nobody@{str(tmp_path).replace('/', '%2F')}/none"
    process = start_manage("queue_health", env=environment() | {"TEST_DATABASE_URL": address})
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert json.loads(out)["problems"][0].startswith("The database does not answer: ")


def test_a_database_that_is_not_migrated(tmp_path) -> None:
    env = environment() | {"TEST_DATABASE_URL": f"sqlite:///{tmp_path / 'empty.sqlite3'}"}
    process = start_manage("queue_health", env=env)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    (problem,) = json.loads(out)["problems"]
    assert problem.startswith('The database is not migrated, run "manage.py migrate": ')
