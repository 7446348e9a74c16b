from __future__ import annotations

from argparse import ArgumentParser
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand

from django_simple_queue.management.commands.pause_queue import chosen, words
from django_simple_queue.management.operating import add_who, say_each
from django_simple_queue.models.control import resume_queue


class Command(BaseCommand):
    help = "Let workers claim from these queues again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("queue", nargs="*", metavar="QUEUE")
        parser.add_argument("--all", action="store_true", help="Lift the pause of all queues; single ones stay paused.")
        add_who(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        queues = chosen(options["queue"], options["all"])
        say_each(self, ((partial(resume_queue, each, options["by"]), f"Resumed {words(each)}.") for each in queues))
