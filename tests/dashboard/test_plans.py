"""How the list's statements find their rows: by an index, wherever a page lies, with a backlog and many ended rows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.utils import timezone

from dashboard import filters
from dashboard.selectors import scalars, snapshot
from dashboard.selectors.keyset import ORDERS
from dashboard.selectors.rows import light
from django_simple_queue.models import Task
from django_simple_queue.models.fields import uuid7

pytestmark = pytest.mark.django_db
ENDED = 6_000
WAITING = 2_500
TABLE = Task._meta.db_table


@pytest.fixture(params=["with statistics", "without statistics"])
def full_tables(request):
    rows = [ended_row(number) for number in range(ENDED)] + [waiting_row(number) for number in range(WAITING)]
    Task.objects.bulk_create(rows, batch_size=1000)
    if request.param == "with statistics":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    elif connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {TABLE} SET (autovacuum_enabled = false)")


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
    rows = order.apply(light(chosen.qs))
    if cursor:
        rows = rows.filter(order.beyond(order.cursor(rows[900])))
    return rows[:26]


PAGES = ("", "status=completed", "status=failed", "status=cancelled", "status=queued", "task=shop.tasks.wait")


def statements():
    for query in PAGES:
        yield f"first page of {query!r}", a_page(query)
        yield f"far page of {query!r}", a_page(query, cursor=True)
    minute = snapshot.ended_in_minute(timezone.now(), 3)
    yield "tasks that ended in a minute", minute.order_by().values("pk")[: scalars.CAP]


def test_every_page_is_read_from_an_index_in_its_order(full_tables):
    plans = {name: rows.explain() for name, rows in statements()}
    assert {name: plan for name, plan in plans.items() if reads_all(plan)} == {}
    assert reads_all(Task.objects.order_by("modified")[:26].explain()), "a plan without an index would not be found"
