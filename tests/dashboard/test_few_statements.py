"""What a page asks of the database, all counted: on PostgreSQL its transactions and deadlines are statements too."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dashboard.selectors import snapshot
from django_simple_queue.models import Task
from tests.dashboard.queue import a_task

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = ("", "?status=failed&task=shop.tasks.charge", "?q=nothing", "failures/", "enqueue/", "workers/", "activity/")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_asks_at_most_twelve_things(ada: Client, page: str) -> None:
    for _ in range(3):
        task = a_task(Task.FAILED, task="shop.tasks.charge")
        Task.objects.filter(pk=task.pk).update(fingerprint="f" * 16)
    ada.get(f"/{page}")
    snapshot.current()
    with CaptureQueriesContext(connection) as asked:
        assert ada.get(f"/{page}").status_code == 200
    assert len(asked) <= 12, [each["sql"][:80] for each in asked]
