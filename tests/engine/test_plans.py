"""Each hot statement walks its own index, with 100 000 rows waiting and as many ended, before and after ANALYZE."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_simple_queue.engine import health, store
from django_simple_queue.engine.store.bookmarks import behind
from django_simple_queue.engine.store.vendors import opened
from django_simple_queue.models import QueuePause, Task
from tests.engine.storing import claim, completed, failed, live_worker, released, write

BACKLOG = ENDED = 100_000
TASK = Task._meta.db_table
COLUMNS = "id, created, modified, task, status, due, queue, run_after, finished, max_attempts"
IDS = {"postgresql": "md5(n::text)::uuid", "sqlite": "printf('%032x', n)"}
AGO = {"postgresql": "now() - n * interval '1 second'", "sqlite": "datetime('now', '-' || n || ' seconds')"}
NUMBERS = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})"
FILL = """INSERT INTO {table} ({columns}) {numbers}
    SELECT {id}, {ago}, {ago}, 'shop.tasks.task_' || (n % 20), {status}, {due}, 'queue_' || (n % 5), {ago},
    CASE WHEN {status} > 1 THEN {ago} END, 1 FROM numbers"""
STATUS = f"CASE WHEN n <= {BACKLOG} THEN 0 WHEN n % 50 = 0 THEN 3 ELSE 2 END"
DUE = "n % 2 = 0"

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.postgres]


@pytest.fixture(scope="module", params=["fresh", "analyzed"])
def big_table(request, django_db_setup, django_db_blocker):
    """Half of the backlog is due; the rows are gone again after the module."""
    vendor = connection.vendor
    numbers = NUMBERS.format(last=BACKLOG + ENDED)
    values = {"id": IDS[vendor], "ago": AGO[vendor], "status": STATUS, "due": DUE}
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(FILL.format(table=TASK, columns=COLUMNS, numbers=numbers, **values))
        if request.param == "analyzed":
            cursor.execute(f"ANALYZE {TASK}")
        yield request.param
        cursor.execute(f"TRUNCATE {TASK} CASCADE" if vendor == "postgresql" else f"DELETE FROM {TASK}")
        if vendor == "sqlite":
            cursor.execute("DROP TABLE IF EXISTS sqlite_stat1")


@pytest.fixture
def plans(big_table, monkeypatch):
    """The plans of the statements that the store sends from now on."""
    database, seen = type(opened()), []
    name = "_sent" if connection.vendor == "postgresql" else "_rows"
    send = getattr(database, name)
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"

    def note(lines):
        seen.append("\n".join(str(line[-1]) for line in lines))

    def explained(self, statement, **parameters):
        note(send(self, f"{explain} {statement}", **parameters))
        return send(self, statement, **parameters)

    def explained_together(self, first, *others, **parameters):
        """Each of the others as it is planned after those before it."""
        note(send_together(self, f"EXPLAIN {first}", **parameters)[0])
        for number, statement in enumerate(others):
            note(send_together(self, first, *others[:number], f"EXPLAIN {statement}", **parameters)[-1])
        return send_together(self, first, *others, **parameters)

    monkeypatch.setattr(database, name, explained)
    if connection.vendor == "postgresql":
        send_together = database._rows_of_each
        monkeypatch.setattr(database, "_rows_of_each", explained_together)
    return seen


def guesses(big_table):
    """Without statistics PostgreSQL takes every condition to hold for a few rows; autovacuum soon gathers them."""
    return connection.vendor == "postgresql" and big_table == "fresh"


def assert_walks(plan, index):
    """Nothing is sorted or compiled and no row is looked at that the index does not lead to."""
    assert re.search(rf"\b{index}\b", plan), plan
    assert not re.search(r"TEMP B-TREE|\bSort\b|Seq Scan on django_simple_queue_task|SCAN \w+$|\bJIT\b", plan), plan


def test_a_claim_from_all_queues(plans):
    assert len(claim(live_worker(), 60)) == 60
    assert_walks(plans[-1], "dsq_claim")


@pytest.mark.parametrize("condition", ["due AND status = 0", "due = {true} AND status = 0"])
def test_a_claim_on_an_index_of_an_older_or_newer_django(condition):
    """Django 5.2 and 6.1 spell the condition of the partial index differently; a database outlives both."""
    condition = condition.format(true=1 if connection.vendor == "sqlite" else "TRUE")
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX dsq_claim")
        cursor.execute(f"CREATE INDEX dsq_claim ON {TASK} (priority DESC, run_after, id) WHERE {condition}")
    Task.objects.create(task="shop.tasks.one")
    assert len(claim(live_worker(), 1)) == 1


def test_a_claim_from_one_queue(plans):
    assert len(claim(live_worker(), 60, ("queue_3",))) == 60
    index_of_one_queue(plans[-1])


@pytest.mark.parametrize("queues", [(), ("queue_2",)])
def test_a_claim_that_goes_on_where_the_last_one_ended(plans, queues):
    worker, bookmarks = live_worker(), store.Bookmarks()
    runs = claim(worker, 60, queues)
    bookmarks.put(queues, behind(runs, None, seconds=60))
    turn = store.turn(worker.pk, [completed(run) for run in runs], 60, queues, (), bookmarks)
    assert len(turn.claimed) == 60
    assert turn.claimed[0].place() > runs[-1].place()
    index_of_one_queue(plans[-1]) if queues else assert_walks(plans[-1], "dsq_claim")
    if connection.vendor == "postgresql":
        assert re.search(r"Index Cond: .*priority = .*ROW\(run_after, id\) > ", plans[-1])


def test_an_ending_looks_for_its_row_alone(plans):
    """All that the worker has ever run may still be in the index of what it runs."""
    worker = live_worker()
    runs = claim(worker, 30)
    endings = [completed(each) for each in runs[:10]], [failed(each) for each in runs[10:20]]
    for group in (*endings, [released(each) for each in runs[20:]]):
        assert len(write(worker, *group)) == 10
        assert_walks(plans[-1], rf"({TASK}_pkey|sqlite_autoindex_{TASK}_1)")
        assert "dsq_" not in plans[-1]


def test_a_claim_from_all_but_the_paused_queues(plans):
    QueuePause.objects.create(queue="queue_0", reason="maintenance")
    assert {each.queue for each in claim(live_worker(), 60)} == {"queue_1", "queue_2", "queue_3", "queue_4"}
    assert "dsq_claim_queue" in plans[-2]
    index_of_one_queue(plans[-1])


@pytest.mark.parametrize("queues", [(), ("queue_3",)])
def test_a_claim_that_passes_over_rows(plans, queues):
    assert len(store.turn(live_worker().pk, (), 60, queues, [uuid4().hex]).claimed) == 60
    _, choice, _, taken = plans[-4:]
    index_of_one_queue(choice) if queues else assert_walks(choice, "dsq_claim")
    assert not re.search(rf"Seq Scan on {TASK}|dsq_(?!worker_lease)\w+", taken), taken


def index_of_one_queue(plan):
    """The few rows of the queues are merged by a sort; none of them may come by another way, nothing is compiled."""
    assert "dsq_claim_queue" in plan
    assert "JIT" not in plan, plan
    assert not re.search(rf"Seq Scan on {TASK}|dsq_(?!claim_queue|worker_lease)\w+", plan), plan


def test_a_look_whether_anything_is_due(plans):
    assert opened().look(()).due
    assert_walks(plans[-1], "dsq_claim")


def test_the_look_of_the_janitor(plans):
    assert opened().needs(uuid4()).promote
    assert_walks(plans[-1], "dsq_promote")


@pytest.mark.parametrize("queues", [(), ("queue_3",), ("nothing here",)])
def test_a_look_whether_anything_waits_for_its_promotion(plans, big_table, queues):
    assert opened().is_ripe(queues) is (queues != ("nothing here",))
    assert_promotes(plans[-1], big_table)


def test_promotion(plans, big_table):
    assert opened().promote(100) == 100
    assert_promotes(plans[-1], big_table)


def assert_promotes(plan, big_table):
    if guesses(big_table):
        assert re.search(r"Index (Only )?Scan (on|using) dsq_promote", plan), plan
    else:
        assert_walks(plan, "dsq_promote")


def test_what_a_worker_runs(big_table):
    plan = Task.objects.running().filter(worker=uuid4()).explain()
    assert re.search("dsq_(running|status|ended)", plan), plan


def rows(*order, **conditions):
    return Task.objects.filter(**conditions).order_by(*order)[:50]


LISTS = {
    "all": (rows("-created", "-id"), "dsq_created"),
    "a status by age": (rows("-created", "-id", status=Task.QUEUED), "dsq_status"),
    "a task": (rows("-created", "-id", task="shop.tasks.task_7"), "dsq_task"),
    "a queue": (rows("-created", "-id", queue="queue-3"), "dsq_queue"),
    "few failed among many by end": (rows("-finished", "-id", status=Task.FAILED), "dsq_ended"),
    "completed by end": (rows("-finished", "-id", status=Task.COMPLETED), "dsq_ended"),
    "ended, oldest first, to prune": (rows("finished", "id", status=Task.COMPLETED), "dsq_ended"),
    "ended, whatever came of it": (rows("-finished", "-id", finished__isnull=False), "dsq_finished"),
}


@pytest.mark.parametrize(("page", "index"), LISTS.values(), ids=LISTS)
def test_a_list_comes_in_the_order_of_its_index(big_table, page, index):
    if guesses(big_table):
        assert "Seq Scan" not in page.explain()
    else:
        assert_walks(page.explain(), index)


def test_a_look_whether_anything_is_due_in_some_queues(plans):
    assert opened().look(["nothing here", "queue_2"]).due
    assert not opened().look(["nothing here", "nor there"]).due
    assert_walks(plans[-1], "dsq_claim_queue")


def test_a_probe_of_the_queue_reads_indexes_alone(plans):
    with CaptureQueriesContext(connection) as said:
        assert health.look().oldest_due_seconds > 0
    asked = [query["sql"] for query in said if TASK in query["sql"]]
    assert len(plans) == len(asked) == 1
    for plan in (*plans, *map(plan_of, asked)):
        assert not re.search(rf"Seq Scan on {TASK}|SCAN {TASK}(?! USING)", plan), plan


def plan_of(statement):
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    with connection.cursor() as cursor:
        cursor.execute(f"{explain} {statement}")
        return "\n".join(str(line[-1]) for line in cursor.fetchall())
