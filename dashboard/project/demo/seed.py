"""Fill an empty database with the shop's fortnight, and queue the first live tasks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random

from django.db import models, transaction
from django.utils import timezone

from dashboard.project.demo.catalogue import NAMED, WAREHOUSES, Kind
from dashboard.project.demo.desk import Desk
from dashboard.project.demo.history import History
from dashboard.project.demo.ids import uuid7_at
from django_simple_queue.models import Attempt, OperatorAction, OperatorActionItem, Task, Worker
from django_simple_queue.utils import create_tasks

SEED = 20_26
BATCH = 500
FIRST_CALLS = (
    ("build_report", {"month": "2026-10", "pages": 40}),
    ("import_orders", {"source": "contoso", "orders": 900}),
    ("reserve_stock", {"order_id": 51_007, "sku": "LAM-204"}),
    ("charge_invoice", {"invoice_id": 9_114, "amount_cents": 12_900}),
    ("reindex_products", {"shelf": "lamps", "products": 900}),
    ("fetch_exchange_rates", {"base": "EUR"}),
    ("export_catalogue", {"language": "de"}),
    ("resize_photos", {"album": "garden-7", "photos": 60}),
    (
        "transfer_funds",
        {"from_account": "AT-1100", "to_account": "FR-3300", "amount_cents": 640_000, "reference": "rent"},
    ),
    ("connect_partner", {"partner": "contoso", "api_key": "not-a-real-key-0001"}),
)


def plant(now: datetime | None = None, seed: int = SEED) -> int:
    """Save the history of the fortnight before ``now`` unless there are tasks already; return how many it has."""
    if Task.objects.exists():
        return 0
    random = Random(seed)
    history = History(random, now or timezone.now())
    desk = Desk(history)
    rows = history.tasks + list(scheduled(random, history.now))
    with transaction.atomic(), own_timestamps(Task):
        Worker.objects.bulk_create(history.fleet.boots)
        Task.objects.bulk_create(rows, batch_size=BATCH)
        Attempt.objects.bulk_create(history.attempts, batch_size=BATCH)
        OperatorAction.objects.bulk_create(desk.actions, batch_size=BATCH)
        OperatorActionItem.objects.bulk_create(desk.items, batch_size=BATCH)
    return len(rows)


def first_calls() -> None:
    """Queue a few real calls of every kind, so that the first page shows work under way."""
    create_tasks((NAMED[name].path, args) for name, args in FIRST_CALLS)
    create_tasks((NAMED["sync_inventory"].path, {"warehouse": warehouse}) for warehouse in WAREHOUSES)


def scheduled(random: Random, now: datetime) -> Iterator[Task]:
    """Calls that wait for their time: mails of tomorrow morning and the reports of the coming days."""
    tomorrow = now.replace(hour=6, minute=0, second=0, microsecond=0) + timedelta(days=1)
    for number in range(18):
        yield waiting(random, NAMED["send_email"], now - timedelta(minutes=7 * number + 3), tomorrow)
    for day in range(5):
        yield waiting(random, NAMED["build_report"], now - timedelta(hours=day + 1), tomorrow + timedelta(days=day))


def waiting(random: Random, kind: Kind, created: datetime, run_after: datetime) -> Task:
    return Task(
        id=uuid7_at(created, random),
        created=created,
        modified=created,
        run_after=run_after,
        task=kind.path,
        args=json.dumps(kind.args(random)),
        queue=kind.options.get("queue", "default"),
        priority=kind.options.get("priority", 0),
        timeout=kind.options.get("timeout"),
    )


@contextmanager
def own_timestamps(model: type[models.Model]) -> Iterator[None]:
    """Keep the times given: ``auto_now`` would date every row of the history to this second."""
    fields = [field for field in model._meta.fields if isinstance(field, models.DateTimeField)]
    before = [(field, field.auto_now, field.auto_now_add) for field in fields]
    for field in fields:
        field.auto_now = field.auto_now_add = False
    try:
        yield
    finally:
        for field, auto_now, auto_now_add in before:
            field.auto_now, field.auto_now_add = auto_now, auto_now_add
