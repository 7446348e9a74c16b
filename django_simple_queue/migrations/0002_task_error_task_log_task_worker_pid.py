from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("django_simple_queue", "0001_initial")]

    operations = [
        migrations.AddField("task", "error", models.TextField(blank=True, null=True, verbose_name="Error")),
        migrations.AddField("task", "log", models.TextField(blank=True, null=True, verbose_name="Log")),
        migrations.AddField(
            "task", "worker_pid", models.IntegerField(blank=True, null=True, verbose_name="Worker PID")
        ),
    ]
