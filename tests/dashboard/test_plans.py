"""How the list's statements find their rows: by an index, wherever a page lies, with a backlog and many ended rows."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.http import QueryDict
from django.utils import timezone

from dashboard import filters
from dashboard.selectors import backlog, scalars, snapshot
from dashboard.selectors.keyset import ORDERS
from dashboard.selectors.minutes import ended_in
from dashboard.selectors.rows import light
from django_simple_queue.models import Task
from django_simple_queue.models.fields import uuid7
from tests.dashboard.people import operator, signed_in

pytestmark = pytest.mark.django_db
ENDED = 6_000
WAITING = 2_500
TABLE = Task._meta.db_table


@pytest.fixture(scope="module", params=["with statistics", "without statistics"])
def full_tables(request, django_db_setup, django_db_blocker):
    """Filled once for the tests of a file, each of which rolls back to here what it has changed."""
    with django_db_blocker.unblock(), transaction.atomic():
        rows = [ended_row(number) for number in range(ENDED)] + [waiting_row(number) for number in range(WAITING)]
        Task.objects.bulk_create(rows, batch_size=1000)
        with connection.cursor() as cursor:
            if request.param == "with statistics":
                cursor.execute("ANALYZE")
            elif connection.vendor == "postgresql":
                cursor.execute(f"ALTER TABLE {TABLE} SET (autovacuum_enabled = false)")
        yield
        transaction.set_rollback(True)


def ended_row(number):
    moment = timezone.now() - timedelta(seconds=number)
    status = (Task.COMPLETED, Task.COMPLETED, Task.COMPLETED, Task.FAILED, Task.CANCELLED)[number % 5]
    return Task(id=uuid7(), task=f"shop.tasks.{number % 7}", status=status, started=moment, finished=moment, epoch=1)


def waiting_row(number):
    moment = timezone.now() + timedelta(seconds=number if number % 2 else -number)
    return Task(id=uuid7(), task="shop.tasks.wait", run_after=moment, due=number % 2 == 0, attempt=number % 100 == 1)


def reads_all(plan):
    """Tell whether a plan walks through the table itself; SQLite, which knows no sizes, must not sort either."""
    if connection.vendor == "sqlite":
        lines = [line for line in plan.splitlines() if TABLE in line]
        return any("SCAN" in line and "USING" not in line for line in lines) or "TEMP B-TREE" in plan
    return f"Seq Scan on {TABLE}" in plan


def a_page(query, cursor=False):
    chosen = filters.read(QueryDict(query))
    order = ORDERS[chosen.tab]
    rows = order.parts(light(chosen.qs))[0]
    if cursor:
        rows = rows.filter(order.beyond(order.cursor(rows[900])))
    return rows[:26]


PAGES = ("", "status=completed", "status=failed", "status=cancelled", "status=queued", "task=shop.tasks.wait")


def statements():
    for query in PAGES:
        yield f"first page of {query!r}", a_page(query)
        yield f"far page of {query!r}", a_page(query, cursor=True)
    yield "tasks that ended in a minute", ended_in(timezone.now()).order_by().values("pk")[: scalars.CAP]
    yield "what runs", snapshot.running_rows()
    for name, (rows, among) in snapshot.begun().items():
        yield name, rows.values("started")[:among]


def test_every_page_is_read_from_an_index_in_its_order(full_tables):
    plans = {name: rows.explain() for name, rows in statements()}
    assert {name: plan for name, plan in plans.items() if reads_all(plan)} == {}
    assert reads_all(Task.objects.order_by("modified")[:26].explain()), "a plan without an index would not be found"


FILTERED = (
    "task=shop.tasks.3",
    "queue=default&task=shop.tasks.3",
    "status=failed&task=shop.tasks.3",
    "status=queued&task=shop.tasks.3",
    "status=failed&time=24h",
    "time=24h&queue=default",
    "status=failed&fingerprint=ffff",
    "worker=00000000-0000-0000-0000-00000000000a",
    "has=error&time=24h",
)


@pytest.mark.parametrize("query", FILTERED)
def test_a_filtered_list_and_its_numbers_walk_through_no_table(full_tables, client, query):
    signed_in(client, operator("chief", superuser=True))
    snapshot.current()
    with recorded() as statements:
        assert client.get(f"/?{query}").status_code == 200
    own = [each for each in statements if TABLE in each[0] and each[0].startswith("SELECT")]
    assert len(own) >= 2
    assert [sql for sql, params in own if scans(plan_of(sql, params))] == []


def test_what_waits_is_counted_in_its_order_without_sorting_all_of_it(full_tables):
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    for name, (sql, params) in backlog.tables(timezone.now()).items():
        plan = explained(sql, params)
        assert not any(word in plan for word in ("Sort", "TEMP B-TREE")), name


def test_what_runs_is_found_without_a_look_at_what_has_ended(full_tables):
    plan = snapshot.running_rows().explain()
    assert "SCAN" not in plan
    assert "dsq_status" in plan or "dsq_running" in plan


@contextmanager
def recorded():
    """The statements that run in this block, each with its parameters."""
    found = []

    def record(execute, sql, params, many, context):
        found.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(record):
        yield found


def plan_of(sql, params):
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")  # so few rows are walked through where an index serves
    return explained(sql, params)


def explained(sql, params):
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    with connection.cursor() as cursor:
        cursor.execute(f"{explain} {sql}", params)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


def scans(plan):
    if connection.vendor == "sqlite":
        return any("SCAN" in line and TABLE in line and "USING" not in line for line in plan.splitlines())
    return f"Seq Scan on {TABLE}" in plan


def test_the_pages_of_a_task_a_name_and_a_queue_walk_through_no_table(full_tables, client):
    signed_in(client, operator("chief", superuser=True))
    ended = Task.objects.filter(status=Task.FAILED).first()
    Task.objects.filter(pk=ended.pk).update(fingerprint="f" * 16)
    waiting = Task.objects.filter(status=Task.QUEUED, due=True).order_by("-run_after").first()
    places = ["/tasks/named/shop.tasks.3/", "/tasks/named/shop.tasks.3/?window=7d", "/queues/named/default/"]
    for address in (*places, f"/tasks/{ended.pk}/", f"/tasks/{waiting.pk}/"):
        with recorded() as statements:
            assert client.get(address).status_code == 200
        own = [each for each in statements if TABLE in each[0] and each[0].startswith("SELECT")]
        assert own, address
        assert [sql for sql, params in own if scans(plan_of(sql, params))] == [], address
    assert scans(plan_of(f"SELECT id FROM {TABLE} ORDER BY modified", [])), "a walk would not be found"
