from __future__ import annotations

from django.db import migrations, models

from django_simple_queue.migrations._operations import CompareExactly, VacuumOften


class Migration(migrations.Migration):
    dependencies = [
        ("django_simple_queue", "0005_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="operatoraction",
            name="expected",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="How many rows the scope held when it was frozen.",
                null=True,
                verbose_name="Expected",
            ),
        ),
        migrations.AddField(
            model_name="operatoraction",
            name="finished",
            field=models.DateTimeField(blank=True, null=True, verbose_name="Finished"),
        ),
        migrations.AddField(
            model_name="operatoraction",
            name="problem",
            field=models.CharField(blank=True, db_default="", default="", max_length=500, verbose_name="Problem"),
        ),
        migrations.AddField(
            model_name="operatoraction",
            name="left_alone",
            field=models.JSONField(
                blank=True,
                help_text="By outcome, the ids of the first rows that did not move.",
                null=True,
                verbose_name="Left alone",
            ),
        ),
        migrations.AddField(
            model_name="operatoraction",
            name="undo_outcomes",
            field=models.JSONField(
                blank=True,
                help_text="How many moved rows came out how when it was undone.",
                null=True,
                verbose_name="Undo's outcomes",
            ),
        ),
        migrations.AlterField(
            model_name="operatoraction",
            name="state",
            field=models.CharField(
                choices=[
                    ("done", "Done"),
                    ("running", "Running"),
                    ("aborted", "Aborted"),
                    ("undoing", "Undoing"),
                ],
                default="done",
                max_length=10,
                verbose_name="State",
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="backoff",
            field=models.TextField(
                blank=True,
                help_text="Seconds between attempts as a JSON array; none: the task's.",
                null=True,
                verbose_name="Backoff",
            ),
        ),
        migrations.AddField(
            model_name="worker",
            name="state_by",
            field=models.CharField(blank=True, db_default="", default="", max_length=150, verbose_name="State set by"),
        ),
        migrations.AddField(
            model_name="worker",
            name="state_reason",
            field=models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="Reason"),
        ),
        migrations.AddField(
            model_name="worker",
            name="state_since",
            field=models.DateTimeField(blank=True, null=True, verbose_name="State since"),
        ),
        migrations.AddIndex(
            model_name="operatoraction",
            index=models.Index(fields=["state", "id"], name="dsq_action_state"),
        ),
        CompareExactly("task", "idempotency_key"),
        VacuumOften("task"),
    ]
