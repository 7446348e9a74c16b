from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, OperationalError, connection

from dashboard.project.demo.login import ensure_operator, refuse_foreign_database
from dashboard.project.demo.processes import Fate, Process
from dashboard.project.demo.seed import first_calls, plant
from dashboard.project.demo.trickle import Trickle
from dashboard.project.demo.web import FIRST_PORT, HOST, answers, choose_port, web_command
from django_simple_queue import conf

WELCOME = """
  ------------------------------------------------------------------
   The console is ready.

   Open       http://{host}:{port}/
   User       {name}
   Password   {password}

   Try this   Enqueue "Reserve stock": it fails the first time.
              Open it, read why, press Requeue, watch it complete.
   Database   {database}
   Logs       {logs}
   Stop       Ctrl-C
  ------------------------------------------------------------------
"""


class Command(BaseCommand):
    help = (
        "Run the console and a worker on a shop's sample tasks: migrates the database, makes an operator with a random "
        "password, fills in a fortnight of history once, and prints the address and the login. The database is "
        "DATABASE_URL, or else a SQLite file in var/. When one of the two processes ends, the other one is stopped too."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=port_number, help="port of the console (default: a free one from 8000 on)")
        parser.add_argument("--concurrency", type=int, default=4, help="tasks that run at the same time (default: 4)")
        parser.add_argument("--no-history", action="store_true", help="start with an empty queue")
        parser.add_argument("--still", action="store_true", help="enqueue no new tasks while the demo runs")
        parser.add_argument("--show-logs", action="store_true", help="print what the web server and the worker print")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(settings.DATA_DIR) / "demo"
        folder.mkdir(parents=True, exist_ok=True)
        port = choose_port(options["port"])
        if port != (options["port"] or FIRST_PORT):
            self.stdout.write(f"Port {FIRST_PORT} is taken; using {port}.")
        name, password = self.prepare(folder, history=not options["no_history"])
        with Fate(settings.BASE_DIR, grace=conf.get_shutdown_grace() + 5) as fate:
            start(fate, port, options["concurrency"], None if options["show_logs"] else folder)
            if fate.wait(answers(port)):
                self.welcome(port, name, password, "here" if options["show_logs"] else shown(folder))
                fate.wait(trickling(still=options["still"]))
            self.explain_end(fate)
        self.give_back_code(fate)

    def prepare(self, folder: Path, history: bool) -> tuple[str, str]:
        try:
            refuse_foreign_database()
            call_command("migrate", verbosity=0, interactive=False)
            login = ensure_operator(folder / "password")
            if history and plant():
                first_calls()
        except OperationalError as error:
            raise CommandError(f"The database does not answer, check DATABASE_URL: {str(error).strip()}") from error
        finally:
            connection.close()
        return login

    def welcome(self, port: int, name: str, password: str, logs: str) -> None:
        database = f"{connection.vendor} {settings.DATABASES['default']['NAME']}"
        text = WELCOME.format(host=HOST, port=port, name=name, password=password, logs=logs, database=database)
        self.stdout.write(text)
        self.stdout.flush()

    def explain_end(self, fate: Fate) -> None:
        if fate.asked:
            self.stdout.write("\nStopping; running tasks may finish first. Ctrl-C once more stops them at once.")
            self.stdout.flush()

    def give_back_code(self, fate: Fate) -> None:
        if fate.killed:
            raise CommandError(f"{fate.killed.name} did not stop in time and was killed.", returncode=1)
        if fate.first is None:
            self.stdout.write("Stopped.")
            return
        raise CommandError(last_words(fate.first, fate.processes), returncode=fate.first.code or 0)


def port_number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: use a whole number from 1 to 65535.")
    return int(text)


def start(fate: Fate, port: int, concurrency: int, folder: Path | None) -> None:
    manage = Path(settings.BASE_DIR) / "manage.py"
    worker = [sys.executable, str(manage), "task_worker", "--concurrency", str(concurrency)]
    fate.start("The web server", web_command(manage, port), folder and folder / "web.log")
    fate.start("The worker", worker, folder and folder / "worker.log")


def shown(folder: Path) -> str:
    return str(folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder)


def trickling(still: bool) -> Any:
    """Return a function for Fate.wait that enqueues a task now and then, and never ends the waiting."""
    trickle = Trickle(Random())

    def tick() -> bool:
        try:
            still or trickle.tick()
        except DatabaseError:
            connection.close()
        return False

    return tick


def last_words(ended: Process, processes: Sequence[Process]) -> str:
    """Return the end of the log of the process that has ended, and, where it is read last, what that means."""
    others = " and ".join(each.name.lower() for each in processes if each is not ended)
    sentence = f"{ended.name} {ended.end}, so {others} was stopped too. Nothing is lost: run make demo again."
    return f"the demo has ended. The last lines of its log:\n{ended.last_lines()}\n\n{sentence}"
