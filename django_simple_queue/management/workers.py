"""What the commands share that are about workers."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError

from django_simple_queue.management.operating import OperatingCommand
from django_simple_queue.models import Worker


class WorkerCommand(OperatingCommand):
    def add_targets(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "worker", nargs="+", metavar="WORKER", help="host:pid, an id, or a host for all of its own."
        )

    def targets(self, options: dict[str, Any]) -> list[tuple[object, str]]:
        return [(worker.pk, str(worker)) for worker in workers_named(options["worker"])]


def workers_named(names: list[str]) -> list[Worker]:
    """Return the live workers that ``names`` mean: an id, host:pid, or a host for all of its workers."""
    return [worker for name in dict.fromkeys(names) for worker in workers_of(name)]


def workers_of(name: str) -> list[Worker]:
    live = list(Worker.objects.at_work().order_by("host", "pid"))
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
