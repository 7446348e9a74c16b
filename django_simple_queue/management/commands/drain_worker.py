from __future__ import annotations

from django_simple_queue.management.workers import WorkerCommand
from django_simple_queue.models.control import drain_worker


class Command(WorkerCommand):
    help = "Let these workers finish what they run and leave with exit code 0."
    verb = staticmethod(drain_worker)
    sentence = "Draining {}."
