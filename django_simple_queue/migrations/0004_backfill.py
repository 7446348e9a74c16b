from __future__ import annotations

from datetime import timedelta

from django.db import migrations
from django.db.models import Case, F, When

COMPLETED, FAILED, CANCELLED = 2, 3, 4
BATCH_ROWS = 5000
TICK = timedelta(milliseconds=1)  # SQLite's own clock has no microseconds: the same instant is not the same text


def backfill(apps, schema_editor):
    """Give rows from before 0003 the times that keep their order: it gave all of them the same ``run_after``."""
    rows = apps.get_model("django_simple_queue", "Task").objects.using(schema_editor.connection.alias)
    oldest = rows.order_by("created").first()
    if oldest is None or oldest.run_after <= oldest.created:
        return
    ended = When(status__in=(COMPLETED, FAILED, CANCELLED), then=F("modified"))
    same = (oldest.run_after - TICK, oldest.run_after + TICK)
    for batch in batches(rows):
        batch.filter(run_after__range=same).update(run_after=F("created"), finished=Case(ended, default=F("finished")))


def batches(rows):
    """Yield ``rows`` in slices along the primary key, so that no transaction holds many of them."""
    left = rows.order_by("pk")
    while ids := list(left.values_list("pk", flat=True)[BATCH_ROWS - 1 : BATCH_ROWS]):
        yield left.filter(pk__lte=ids[0]).order_by()
        left = left.filter(pk__gt=ids[0])
    yield left.order_by()


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("django_simple_queue", "0003_columns")]

    operations = [migrations.RunPython(backfill, migrations.RunPython.noop, elidable=True)]
