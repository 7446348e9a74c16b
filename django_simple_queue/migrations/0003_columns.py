from __future__ import annotations

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.models.functions import Now

import django_simple_queue.models.fields
from django_simple_queue.migrations._operations import Reshape


class Migration(migrations.Migration):
    """Every new column that is NOT NULL has a default in the database too: INSERTs of the older releases still work."""

    dependencies = [("django_simple_queue", "0002_task_error_task_log_task_worker_pid")]

    operations = [
        Reshape(
            "task",
            added={
                "queue": models.CharField(db_default="default", default="default", max_length=64, verbose_name="Queue"),
                "priority": models.SmallIntegerField(
                    db_default=0, default=0, help_text="-100 to 100, higher first.", verbose_name="Priority"
                ),
                "run_after": models.DateTimeField(
                    db_default=Now(), default=django.utils.timezone.now, verbose_name="Run after"
                ),
                "due": django_simple_queue.models.fields.DueField(
                    db_default=True, default=True, editable=False, help_text="May be claimed.", verbose_name="Due"
                ),
                "attempt": models.PositiveIntegerField(db_default=0, default=0, verbose_name="Attempt"),
                "max_attempts": models.PositiveIntegerField(db_default=1, default=1, verbose_name="Attempts at most"),
                "epoch": models.BigIntegerField(
                    db_default=0, default=0, help_text="Claims so far; the fence.", verbose_name="Epoch"
                ),
                "timeout": models.PositiveIntegerField(
                    blank=True, help_text="Seconds; 0: none.", null=True, verbose_name="Timeout"
                ),
                "worker": models.UUIDField(blank=True, null=True, verbose_name="Worker"),
                "release": models.CharField(
                    blank=True, db_default="", default="", max_length=100, verbose_name="Release"
                ),
                "started": models.DateTimeField(blank=True, null=True, verbose_name="Started"),
                "finished": models.DateTimeField(blank=True, null=True, verbose_name="Finished"),
                "cancel_requested": models.DateTimeField(blank=True, null=True, verbose_name="Cancel requested"),
                "progress": models.PositiveSmallIntegerField(
                    blank=True, help_text="Percent.", null=True, verbose_name="Progress"
                ),
                "progress_message": models.CharField(
                    blank=True, db_default="", default="", max_length=200, verbose_name="Progress message"
                ),
                "error_class": models.CharField(
                    blank=True, db_default="", default="", max_length=200, verbose_name="Error class"
                ),
                "fingerprint": models.CharField(
                    blank=True, db_default="", default="", max_length=16, verbose_name="Fingerprint"
                ),
                "frames": models.TextField(
                    blank=True, help_text="The innermost 30 as JSON.", null=True, verbose_name="Stack frames"
                ),
                "idempotency_key": models.CharField(
                    blank=True, max_length=200, null=True, verbose_name="Idempotency key"
                ),
                "parent": models.UUIDField(blank=True, null=True, verbose_name="Run again from"),
                "positional": models.TextField(
                    blank=True, help_text="A JSON array.", null=True, verbose_name="Positional arguments"
                ),
                "created_by": models.CharField(
                    blank=True, db_default="", default="", max_length=150, verbose_name="Enqueued by"
                ),
            },
            altered={
                "args": models.TextField(
                    blank=True, help_text="Keyword arguments as a JSON object.", null=True, verbose_name="Arguments"
                ),
                "id": models.UUIDField(
                    default=django_simple_queue.models.fields.uuid7,
                    editable=False,
                    primary_key=True,
                    serialize=False,
                    verbose_name="ID",
                ),
                "task": models.CharField(
                    help_text="Dotted path of the function to be called.", max_length=255, verbose_name="Task"
                ),
            },
            copied={"run_after": "created", "finished": "CASE WHEN status IN (2, 3, 4) THEN modified END"},
        ),
        migrations.AlterModelOptions(
            name="task",
            options={
                "permissions": (
                    ("requeue_task", "Can requeue tasks"),
                    ("cancel_task", "Can cancel tasks"),
                    ("export_task", "Can export tasks"),
                    ("view_task_payload", "Can see arguments, output, errors and logs of tasks"),
                ),
                "verbose_name": "Task",
                "verbose_name_plural": "Tasks",
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "task",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attempts",
                        to="django_simple_queue.task",
                        verbose_name="Task",
                    ),
                ),
                ("epoch", models.BigIntegerField(verbose_name="Epoch")),
                (
                    "round",
                    models.PositiveIntegerField(
                        default=1, help_text="1, and one more for every requeue.", verbose_name="Round"
                    ),
                ),
                ("attempt", models.PositiveIntegerField(verbose_name="Attempt")),
                ("worker", models.UUIDField(null=True, verbose_name="Worker")),
                ("worker_pid", models.IntegerField(null=True, verbose_name="Worker PID")),
                ("started", models.DateTimeField(null=True, verbose_name="Started")),
                ("finished", models.DateTimeField(db_default=Now(), verbose_name="Finished")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("failed", "Failed"),
                            ("timed_out", "Timed out"),
                            ("crashed", "Crashed"),
                            ("lost", "Lost"),
                            ("interrupted", "Interrupted"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=16,
                        verbose_name="Outcome",
                    ),
                ),
                ("error_class", models.CharField(blank=True, default="", max_length=200, verbose_name="Error class")),
                ("error", models.TextField(blank=True, default="", verbose_name="Error")),
                (
                    "log",
                    models.TextField(
                        blank=True, default="", help_text="The tail of what the run wrote.", verbose_name="Log"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("task", "epoch"), name="dsq_attempt_once")],
                "verbose_name": "Attempt",
                "verbose_name_plural": "Attempts",
                "ordering": ("task", "epoch"),
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="OperatorAction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created", models.DateTimeField(db_default=Now(), verbose_name="Time")),
                ("actor_id", models.CharField(blank=True, default="", max_length=64, verbose_name="Actor's id")),
                ("actor", models.CharField(blank=True, default="", max_length=150, verbose_name="Actor")),
                ("verb", models.CharField(max_length=32, verbose_name="Verb")),
                ("scope", models.CharField(blank=True, default="", max_length=500, verbose_name="Scope")),
                ("scope_filter", models.JSONField(blank=True, default=dict, verbose_name="Scope as a filter")),
                ("reason", models.CharField(blank=True, default="", max_length=500, verbose_name="Reason")),
                (
                    "outcomes",
                    models.JSONField(default=dict, help_text="How many rows came out how.", verbose_name="Outcomes"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("done", "Done"), ("running", "Running"), ("aborted", "Aborted")],
                        default="done",
                        max_length=10,
                        verbose_name="State",
                    ),
                ),
                ("cursor", models.CharField(blank=True, default="", max_length=100, verbose_name="Cursor")),
                ("undone", models.DateTimeField(blank=True, null=True, verbose_name="Undone")),
                ("undone_by", models.CharField(blank=True, default="", max_length=150, verbose_name="Undone by")),
            ],
            options={
                "indexes": [models.Index(fields=["-created", "-id"], name="dsq_action_created")],
                "verbose_name": "Operator action",
                "verbose_name_plural": "Operator actions",
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="OperatorActionItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "action",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="django_simple_queue.operatoraction",
                    ),
                ),
                ("task", models.UUIDField(verbose_name="Task")),
                (
                    "previous_status",
                    models.IntegerField(
                        choices=[(0, "Queued"), (1, "In progress"), (2, "Completed"), (3, "Failed"), (4, "Cancelled")],
                        verbose_name="Previous status",
                    ),
                ),
                ("previous_attempt", models.PositiveIntegerField(default=0, verbose_name="Previous attempt")),
                ("previous_run_after", models.DateTimeField(null=True, verbose_name="Previous run after")),
                ("epoch", models.BigIntegerField(default=0, verbose_name="Epoch")),
                ("created_task", models.UUIDField(null=True, verbose_name="New task")),
            ],
            options={
                "indexes": [models.Index(fields=["task", "-action"], name="dsq_item_task")],
                "constraints": [models.UniqueConstraint(fields=("action", "task"), name="dsq_item_once")],
                "verbose_name": "Operator action item",
                "verbose_name_plural": "Operator action items",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="QueuePause",
            fields=[
                ("queue", models.CharField(max_length=64, primary_key=True, serialize=False, verbose_name="Queue")),
                ("reason", models.CharField(max_length=200, verbose_name="Reason")),
                ("since", models.DateTimeField(db_default=Now(), verbose_name="Since")),
                ("until", models.DateTimeField(blank=True, null=True, verbose_name="Until")),
                ("paused_by", models.CharField(blank=True, default="", max_length=150, verbose_name="Paused by")),
            ],
            options={
                "verbose_name": "Paused queue",
                "verbose_name_plural": "Paused queues",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Worker",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=django_simple_queue.models.fields.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("host", models.CharField(max_length=255, verbose_name="Host")),
                ("pid", models.IntegerField(verbose_name="PID")),
                (
                    "queues",
                    models.CharField(
                        blank=True, default="", help_text="Empty: all queues.", max_length=1000, verbose_name="Queues"
                    ),
                ),
                (
                    "slots",
                    models.PositiveIntegerField(
                        default=1, help_text="How many tasks run at the same time.", verbose_name="Slots"
                    ),
                ),
                ("version", models.CharField(blank=True, default="", max_length=50, verbose_name="Version")),
                ("release", models.CharField(blank=True, default="", max_length=100, verbose_name="Release")),
                ("started", models.DateTimeField(db_default=Now(), verbose_name="Started")),
                ("heartbeat", models.DateTimeField(db_default=Now(), verbose_name="Heartbeat")),
                ("lease_until", models.DateTimeField(verbose_name="Lease until")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("draining", "Draining"),
                            ("paused", "Paused"),
                            ("stopped", "Stopped"),
                            ("lost", "Lost"),
                        ],
                        default="running",
                        max_length=10,
                        verbose_name="State",
                    ),
                ),
                ("ended", models.DateTimeField(blank=True, null=True, verbose_name="Ended")),
                (
                    "lost_by",
                    models.UUIDField(
                        blank=True,
                        help_text="The worker that settled its tasks.",
                        null=True,
                        verbose_name="Found lost by",
                    ),
                ),
                (
                    "rss",
                    models.BigIntegerField(
                        blank=True, help_text="Bytes, parent and children together.", null=True, verbose_name="Memory"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["state", "lease_until"], name="dsq_worker_lease")],
                "verbose_name": "Worker",
                "verbose_name_plural": "Workers",
                "default_permissions": ("view", "change"),
            },
        ),
    ]
