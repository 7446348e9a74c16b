from __future__ import annotations

from itertools import chain

from django.db import migrations
from django.db.models import Case, F, When

COMPLETED, FAILED, CANCELLED = 2, 3, 4
BATCH_ROWS = 5000


def backfill(apps, schema_editor):
    """Give rows from before 0003 the times that keep their order: it gave all of them the same ``run_after``.

    On SQLite 0003 did so already. The oldest row comes last: as long as it waits, an interrupted migration goes on.
    """
    rows = apps.get_model("django_simple_queue", "Task").objects.using(schema_editor.connection.alias)
    oldest = rows.order_by("created").first()
    if oldest is None or oldest.run_after <= oldest.created:
        return
    ended = When(status__in=(COMPLETED, FAILED, CANCELLED), then=F("modified"))
    for batch in chain(batches(rows.exclude(pk=oldest.pk)), [rows.filter(pk=oldest.pk)]):
        batch.filter(run_after=oldest.run_after).update(
            run_after=F("created"), finished=Case(ended, default=F("finished"))
        )


def batches(rows):
    """Yield ``rows`` in slices along the primary key, so that no transaction holds many of them."""
    first = rows.order_by("pk").values_list("pk", flat=True).first()
    while first is not None:
        left = rows.filter(pk__gte=first)
        following = left.order_by("pk").values_list("pk", flat=True)[BATCH_ROWS : BATCH_ROWS + 1].first()
        yield left if following is None else left.filter(pk__lt=following)
        first = following


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("django_simple_queue", "0003_columns")]

    operations = [migrations.RunPython(backfill, migrations.RunPython.noop, elidable=True)]
