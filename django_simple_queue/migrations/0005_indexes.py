from __future__ import annotations

from django.db import migrations, models

from django_simple_queue.migrations._operations import AddIndexOnline, AddUniqueOnline, GatherStatistics


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("django_simple_queue", "0004_backfill")]

    operations = [
        AddIndexOnline(
            "task",
            models.Index(
                condition=models.Q(("due", True), ("status", 0)),
                fields=["-priority", "run_after", "id"],
                name="dsq_claim",
            ),
        ),
        AddIndexOnline(
            "task",
            models.Index(
                condition=models.Q(("due", True), ("status", 0)),
                fields=["queue", "-priority", "run_after", "id"],
                name="dsq_claim_queue",
            ),
        ),
        AddIndexOnline(
            "task",
            models.Index(condition=models.Q(("due", False), ("status", 0)), fields=["run_after"], name="dsq_promote"),
        ),
        AddIndexOnline("task", models.Index(condition=models.Q(("status", 1)), fields=["worker"], name="dsq_running")),
        AddIndexOnline("task", models.Index(fields=["-created", "-id"], name="dsq_created")),
        AddIndexOnline("task", models.Index(fields=["status", "-created", "-id"], name="dsq_status")),
        AddIndexOnline("task", models.Index(fields=["task", "-created", "-id"], name="dsq_task")),
        AddIndexOnline("task", models.Index(fields=["queue", "-created", "-id"], name="dsq_queue")),
        AddIndexOnline("task", models.Index(fields=["-finished", "-id"], name="dsq_finished")),
        AddIndexOnline("task", models.Index(fields=["status", "-finished", "-id"], name="dsq_ended")),
        AddIndexOnline(
            "task",
            models.Index(
                condition=models.Q(("status", 3)), fields=["fingerprint", "-finished"], name="dsq_fingerprint"
            ),
        ),
        AddUniqueOnline(
            "task",
            models.UniqueConstraint(
                condition=models.Q(("idempotency_key__isnull", False)),
                fields=("idempotency_key",),
                name="dsq_idempotency",
            ),
        ),
        GatherStatistics("task"),
    ]
