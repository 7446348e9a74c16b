from __future__ import annotations

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="FailureGroup",
            fields=[
                (
                    "fingerprint",
                    models.CharField(max_length=16, primary_key=True, serialize=False, verbose_name="Fingerprint"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("resolved", "Resolved"), ("ignored", "Ignored")],
                        default="open",
                        max_length=10,
                        verbose_name="State",
                    ),
                ),
                (
                    "since",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="Since"),
                ),
                ("set_by", models.CharField(blank=True, default="", max_length=150, verbose_name="Set by")),
            ],
            options={
                "verbose_name": "Failure group",
                "verbose_name_plural": "Failure groups",
                "default_permissions": ("change",),
            },
        ),
    ]
