from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django_simple_queue.management.queues import QueueCommand, end_of_pause
from django_simple_queue.models.control import pause_queue


class Command(QueueCommand):
    help = "Let no worker claim from these queues until they are resumed, or until the given time; what runs goes on."
    verb = staticmethod(pause_queue)
    sentence = "Paused {}."
    what_all_means = "All queues, also those that are named later."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--until", metavar="TIME", help="When it ends by itself: 2026-11-22T14:00")
        parser.add_argument("--for", dest="lasting", metavar="DURATION", help="How long it lasts: 90s, 30m, 2h, 1d")

    def details(self, options: dict[str, Any]) -> dict[str, Any]:
        return super().details(options) | {"until": end_of_pause(options["until"], options["lasting"])}
