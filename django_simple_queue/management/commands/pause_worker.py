from __future__ import annotations

from argparse import ArgumentParser
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand

from django_simple_queue.management.operating import add_reason, add_who, add_workers, say_each, workers_named
from django_simple_queue.models.control import pause_worker


class Command(BaseCommand):
    help = "Let these workers claim nothing more until they are resumed; what they run goes on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_workers(parser)
        add_reason(parser)
        add_who(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        why = options["reason"], options["by"]
        workers = workers_named(options["worker"])
        say_each(self, ((partial(pause_worker, worker.pk, *why), f"Paused {worker}.") for worker in workers))
