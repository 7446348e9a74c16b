from __future__ import annotations

import json
import math
import socket
import sys
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand
from django.db import Error

from django_simple_queue.engine import health
from django_simple_queue.management import answers
from django_simple_queue.text import in_one_line


class Command(BaseCommand):
    help = "Print as JSON how the queue is doing; the exit code is 0 when it is healthy, else 1. For probes."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--min-workers", type=int, default=1, help="At least so many live workers (1).")
        parser.add_argument("--max-age", type=finite, default=300, help="No task is due for more seconds (300).")
        parser.add_argument("--max-stuck", type=int, default=0, help="No more tasks without a live worker (0).")
        parser.add_argument("--here", action="store_true", help="Only the workers of this host count.")

    def handle(self, *args: Any, **options: Any) -> None:
        host = socket.gethostname()[:255] if options["here"] else ""
        limits = health.Limits(options["min_workers"], options["max_age"], options["max_stuck"], host)
        try:
            picture = health.look(host)
            report = health.report(picture, list(health.problems(picture, limits)))
        except (Error, ImproperlyConfigured) as error:
            report = unknown(error)
        self.stdout.write(json.dumps(report))
        sys.exit(0 if report["healthy"] else 1)


def finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ArgumentTypeError(f"{text!r} is no number of seconds.")
    return number


def unknown(error: Exception) -> dict[str, Any]:
    return {"healthy": False, "problems": [f"{in_words(error)}: {in_one_line(error)}"]}


def in_words(error: Exception) -> str:
    if isinstance(error, ImproperlyConfigured):
        return "The settings are wrong"
    return answers.in_words(error) or "The database refuses to say"
