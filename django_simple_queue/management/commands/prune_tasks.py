from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError
from django.db.models.functions import Now
from django.utils.translation import ngettext

from django_simple_queue import conf, shapes
from django_simple_queue.engine import pruning
from django_simple_queue.management.answers import AskingCommand
from django_simple_queue.models import Task
from django_simple_queue.models.primary import alias


class Command(AskingCommand):
    help = "Delete ended tasks that are older than RETENTION says, or than --older-than, in small batches."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Count only.")
        parser.add_argument("--older-than", metavar="DAYS", help="Instead of what RETENTION says.")
        parser.add_argument("--status", nargs="+", choices=sorted(pruning.STATUS_NAMES), help="Only these.")

    def handle(self, *args: Any, **options: Any) -> None:
        total = 0
        for name, days in chosen(options["status"], options["older_than"]).items():
            gone, left = (counted if options["dry_run"] else pruned)(pruning.STATUS_NAMES[name], timedelta(days=days))
            total += gone
            rest = f"; locked, changed meanwhile or still referred to, and left: {left}" if left else ""
            self.stdout.write(f"{name}, older than {days:g} days: {gone}{rest}")
        self.stdout.write(summary(total, dry_run=options["dry_run"]))


def summary(total: int, *, dry_run: bool) -> str:
    if dry_run:
        return ngettext("Would delete %d task.", "Would delete %d tasks.", total) % total
    return ngettext("Deleted %d task.", "Deleted %d tasks.", total) % total


def chosen(names: list[str] | None, older_than: str | None) -> dict[str, float]:
    """Return the days to keep by status name."""
    names = names or sorted(pruning.STATUS_NAMES)
    if older_than is not None:
        return dict.fromkeys(names, as_days(older_than))
    kept = conf.get_retention()
    days = {name: float(kept[name] or 0) for name in names if kept.get(name) is not None}
    if not days:
        raise CommandError(
            f"{conf.PREFIX}RETENTION keeps {', '.join(names)} for ever: set it, or say --older-than DAYS."
        )
    return days


def as_days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = -1
    if not 0 <= days <= shapes.MOST_DAYS:
        raise CommandError(f"--older-than {text} is not possible: use days from 0 to {shapes.MOST_DAYS}.")
    return days


def counted(status: int, age: timedelta) -> tuple[int, int]:
    rows = Task.objects.using(alias())
    return rows.filter(status=status, finished__lt=Now() - age).count(), 0


def pruned(status: int, age: timedelta) -> tuple[int, int]:
    done = pruning.prune_status(status, age)
    return done.deleted, done.left
