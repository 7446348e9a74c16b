"""What the commands share that are about queues, and when a pause ends."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from django_simple_queue.management.operating import OperatingCommand
from django_simple_queue.models import QueuePause

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class QueueCommand(OperatingCommand):
    what_all_means: str

    def add_targets(self, parser: ArgumentParser) -> None:
        parser.add_argument("queue", nargs="*", metavar="QUEUE")
        parser.add_argument("--all", action="store_true", help=self.what_all_means)

    def targets(self, options: dict[str, Any]) -> list[tuple[object, str]]:
        names, everything = options["queue"], options["all"]
        if bool(names) == everything:
            raise CommandError("Name the queues, or say --all: one of the two.")
        return [(QueuePause.ALL, "all queues")] if everything else [(name, name) for name in dict.fromkeys(names)]


def end_of_pause(until: str | None, lasting: str | None) -> datetime | timedelta | None:
    """Return what ``--until`` or ``--for`` means."""
    if until and lasting:
        raise CommandError("--until and --for both say when the pause ends: use one of them.")
    if lasting:
        return duration(lasting)
    return moment(until) if until else None


def duration(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if match is None or not int(match[1]):
        raise CommandError(f"--for {text!r} is no duration: write 90s, 30m, 2h or 1d.")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def moment(text: str) -> datetime:
    """Return a time; one without an offset is of the project's time zone."""
    try:
        parsed = parse_datetime(text)
    except ValueError:
        parsed = None
    if parsed is None:
        raise CommandError(f"--until {text!r} is no time: write it as 2026-11-22T14:00 or 2026-11-22T14:00+01:00.")
    return of_the_project(parsed) if settings.USE_TZ and timezone.is_naive(parsed) else parsed


def of_the_project(moment: datetime) -> datetime:
    """Return ``moment`` of the project's time zone, unless its clocks show it twice, or skip it."""
    first, second = (timezone.make_aware(moment.replace(fold=fold)) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first
    raise CommandError(
        f"--until {moment.isoformat()} is a time that the clocks show twice or skip: "
        f"add the offset, as in {first.isoformat()}."
    )
