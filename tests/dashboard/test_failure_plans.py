"""Groups of failures are found by the index of fingerprints, with and without statistics."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from dashboard.selectors import due, fingerprints
from django_simple_queue.models import Task
from django_simple_queue.models.fields import uuid7
from tests.dashboard.test_plans import TABLE, full_tables, reads_all  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def plans(full_tables, monkeypatch):  # noqa: F811
    """The plan of each statement that the selectors send."""
    now = timezone.now()
    rows = [
        Task(id=uuid7(), task="a.b", status=Task.FAILED, fingerprint=f"{n % 20:016x}", finished=now) for n in range(500)
    ]
    Task.objects.bulk_create(rows)
    found: list[str] = []
    for module in (fingerprints, due):
        monkeypatch.setattr(module, "rows", explaining(module.rows, found))
    return found


def explaining(rows, found):
    def explained(sql, params=()):
        words = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
        found.append("\n".join(str(row) for row in rows(f"{words} {sql}", params)))
        return rows(sql, params)

    return explained


def is_indexed(plan):
    return "dsq_fingerprint" in plan and f"Seq Scan on {TABLE}" not in plan and f"SCAN {TABLE}\n" not in plan


def test_groups_are_stepped_through_by_the_index(plans):
    assert len(fingerprints.groups()) == 20
    assert is_indexed(plans[-1]), plans[-1]


def test_windows_are_counted_by_the_index(plans):
    now = timezone.now()
    counted = fingerprints.numbers([f"{n:016x}" for n in range(3)], now + timedelta(seconds=1))
    assert [each.within(1) for each in counted.values()] == [25, 25, 25]
    assert is_indexed(plans[-1]), plans[-1]


def test_what_nobody_has_handled_is_counted_by_the_index(plans):
    sql, params = fingerprints.unhandled([(f"{0:016x}", None), (f"{1:016x}", timezone.now())], most=1_000)
    assert [tuple(map(int, row)) for row in fingerprints.rows(sql, params)] == [(25, 25)]
    assert is_indexed(plans[-1]), plans[-1]


def test_queues_are_stepped_through_by_the_index_of_the_claim(plans):
    assert list(due.due_queues(50)) == ["default"]
    assert "dsq_claim" in plans[-1]
    assert f"Seq Scan on {TABLE}" not in plans[-1]


def test_whether_any_is_in_no_group_is_seen_by_the_index(full_tables):  # noqa: F811
    assert fingerprints.latest_ungrouped()
    plan = fingerprints.latest_ungrouped().explain()
    assert "dsq_fingerprint" in plan, plan
