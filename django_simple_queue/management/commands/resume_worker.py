from __future__ import annotations

from argparse import ArgumentParser
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand

from django_simple_queue.management.operating import add_who, add_workers, say_each, workers_named
from django_simple_queue.models.control import resume_worker


class Command(BaseCommand):
    help = "Let paused workers claim again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_workers(parser)
        add_who(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        workers = workers_named(options["worker"])
        say_each(self, ((partial(resume_worker, each.pk, options["by"]), f"Resumed {each}.") for each in workers))
