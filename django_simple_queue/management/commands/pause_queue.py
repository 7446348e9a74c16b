from __future__ import annotations

from argparse import ArgumentParser
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from django_simple_queue.management.operating import add_reason, add_who, end_of_pause, say_each
from django_simple_queue.models import QueuePause
from django_simple_queue.models.control import pause_queue


class Command(BaseCommand):
    help = "Let no worker claim from these queues until they are resumed, or until the given time; what runs goes on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("queue", nargs="*", metavar="QUEUE")
        parser.add_argument("--all", action="store_true", help="All queues, also those that are named later.")
        add_reason(parser)
        parser.add_argument("--until", metavar="TIME", help="When it ends by itself: 2026-11-22T14:00")
        parser.add_argument("--for", dest="lasting", metavar="DURATION", help="How long it lasts: 90s, 30m, 2h, 1d")
        add_who(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        until = end_of_pause(options["until"], options["lasting"])
        why = options["reason"], options["by"]
        queues = chosen(options["queue"], options["all"])
        say_each(self, ((partial(pause_queue, each, *why, until=until), f"Paused {words(each)}.") for each in queues))


def words(queue: str) -> str:
    return "all queues" if queue == QueuePause.ALL else queue


def chosen(names: list[str], everything: bool) -> list[str]:
    if bool(names) == everything:
        raise CommandError("Name the queues, or say --all: one of the two.")
    return [QueuePause.ALL] if everything else list(dict.fromkeys(names))
