"""What the commands share that pause, resume and drain: names of workers, who asks, and when a pause ends."""

from __future__ import annotations

import getpass
import re
import socket
from argparse import ArgumentParser
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from django_simple_queue.models import OperatorAction, Worker

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
Verb = Callable[[], OperatorAction]


def add_who(parser: ArgumentParser) -> None:
    parser.add_argument("--by", default=account(), help="Who asks for it, as pages and Activity show it (%(default)s).")


def add_workers(parser: ArgumentParser) -> None:
    parser.add_argument("worker", nargs="+", metavar="WORKER", help="host:pid, an id, or a host for all of its own.")


def add_reason(parser: ArgumentParser) -> None:
    parser.add_argument("--reason", required=True, help="Why; the console shows it to others.")


def account() -> str:
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (KeyError, OSError):
        return socket.gethostname()


def say_each(command: BaseCommand, asked: Iterable[tuple[Verb, str]]) -> None:
    """Do each verb and print its sentence; what is not possible is said at the end, by CommandError."""
    problems = []
    for verb, sentence in asked:
        try:
            verb()
        except ValueError as error:
            problems.append(str(error))
        else:
            command.stdout.write(sentence)
    if problems:
        raise CommandError("\n".join(problems))


def workers_named(names: list[str]) -> list[Worker]:
    """Return the live workers that ``names`` mean: an id, host:pid, or a host for all of its workers."""
    return [worker for name in dict.fromkeys(names) for worker in workers_of(name)]


def workers_of(name: str) -> list[Worker]:
    live = list(Worker.objects.live().order_by("host", "pid"))
    found = [worker for worker in live if name in (worker.host, str(worker)) or as_uuid(name) == worker.pk]
    if not found:
        known = ", ".join(map(str, live)) or "none"
        raise CommandError(f"No live worker is called {name!r}. Alive: {known}.")
    return found


def as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


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
    return timezone.make_aware(parsed) if settings.USE_TZ and timezone.is_naive(parsed) else parsed
