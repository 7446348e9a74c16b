from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("django_simple_queue", "0006_operating"),
    ]

    operations = [
        migrations.AddField(
            model_name="operatoractionitem",
            name="undone",
            field=models.DateTimeField(null=True, verbose_name="Undone on its own"),
        ),
        migrations.AddField(
            model_name="operatoractionitem",
            name="undone_by",
            field=models.CharField(blank=True, db_default="", default="", max_length=150, verbose_name="Undone by"),
        ),
    ]
