from __future__ import annotations

import logging
import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import ngettext

from django_simple_queue import conf
from django_simple_queue.apps import DjangoSimpleQueueConfig
from django_simple_queue.arguments import check_queue
from django_simple_queue.checks import check_database_version
from django_simple_queue.engine.events import JsonLines
from django_simple_queue.engine.forks import CannotFork, allow_open_files
from django_simple_queue.engine.options import Options
from django_simple_queue.engine.parent import Parent
from django_simple_queue.models import Worker
from django_simple_queue.models.primary import alias
from django_simple_queue.text import in_one_line

LINE = "%(asctime)s %(levelname)s %(message)s"
LEVELS = {0: logging.WARNING, 1: logging.INFO, 2: logging.INFO, 3: logging.DEBUG}
logger = logging.getLogger("django_simple_queue.worker")


class Command(BaseCommand):
    help = "Run queued tasks until told to stop (SIGTERM or Ctrl-C finishes what runs, a second one ends it)."
    requires_system_checks = [Tags.models, DjangoSimpleQueueConfig.name]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--concurrency", default=str(os.cpu_count() or 1), help="Tasks at the same time (CPU count)."
        )
        parser.add_argument("--queues", default="", help="Only these queues, strictly in this order: mail,default")
        parser.add_argument("--burst", action="store_true", help="Leave when nothing is due any more.")
        parser.add_argument("--max-tasks", default=None, help="Leave after this many tasks.")
        parser.add_argument("--json", action="store_true", help="Print each event as one JSON object in one line.")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = Options(
            slots=whole_number("--concurrency", options["concurrency"]),
            queues=queue_names(options["queues"]),
            burst=options["burst"],
            max_tasks=None if options["max_tasks"] is None else whole_number("--max-tasks", options["max_tasks"]),
        )
        set_up_logging(options["verbosity"], options["json"])
        require_migrated()
        require_fitting_database()
        announce(chosen)
        try:
            allow_open_files(chosen.slots)
            code = Parent(chosen).run()
        except (CannotFork, Error) as error:
            raise CommandError(in_one_line(error)) from None
        sys.exit(code)


def whole_number(option: str, value: object) -> int:
    try:
        number = int(str(value))
    except ValueError:
        number = 0
    if number < 1:
        raise CommandError(f"{option} {value} is not possible: use a whole number from 1 on.")
    return number


def queue_names(text: str) -> tuple[str, ...]:
    """Return the queues that ``text`` names; CommandError for one that no task is in, and for too many."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if text and not names:
        raise CommandError(f"--queues {text!r} names no queue: write names, such as mail,default, or leave it out.")
    room, length = Worker._meta.get_field("queues").max_length or 0, len(",".join(names))
    if length > room:
        raise CommandError(
            f"--queues has {length} characters, and {room} are possible: start more workers, or name none."
        )
    try:
        return tuple(map(check_queue, names))
    except ValueError as error:
        raise CommandError(f"--queues: {error}") from None


def set_up_logging(verbosity: int, as_json: bool) -> None:
    """Print our lines to stderr unless the project's LOGGING takes care of them; as JSON in any case."""
    logger.setLevel(LEVELS[verbosity])
    if as_json:
        logger.handlers.clear()
        logger.propagate = False
    if not logger.hasHandlers():
        handler = logging.StreamHandler()
        handler.setFormatter(JsonLines() if as_json else logging.Formatter(LINE))
        logger.addHandler(handler)


def require_migrated() -> None:
    """Raise CommandError, one sentence, when the database does not answer or lacks our tables or columns."""
    place = alias()
    try:
        executor = MigrationExecutor(connections[place])
        label = DjangoSimpleQueueConfig.name
        missing = executor.migration_plan([node for node in executor.loader.graph.leaf_nodes() if node[0] == label])
    except Error as error:
        raise CommandError(f"The database {place!r} does not answer: {in_one_line(error)}") from None
    if missing:
        names = ", ".join(migration.name for migration, _ in missing)
        raise CommandError(f'The database {place!r} is not migrated (missing: {names}). Run "manage.py migrate" first.')


def require_fitting_database() -> None:
    """Raise CommandError for what only the database itself can tell to be wrong: its version, its time zone."""
    found = check_database_version(databases=[alias()])
    if found:
        raise CommandError("\n".join(f"{each.msg} {each.hint}" for each in found))


def announce(options: Options) -> None:
    settings = connections[alias()].settings_dict
    allowed = conf.get_allowed_tasks()
    logger.info(
        "database %s, queues %s, %d at the same time, %s",
        settings["NAME"],
        ", ".join(options.queues) or "all",
        options.slots,
        "no allowlist: any task may run" if allowed is None else how_many(len(allowed)),
    )


def how_many(allowed: int) -> str:
    return ngettext("%d task allowed", "%d tasks allowed", allowed) % allowed
