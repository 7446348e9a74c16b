from __future__ import annotations

from django_simple_queue.management.workers import WorkerCommand
from django_simple_queue.models.control import pause_worker


class Command(WorkerCommand):
    help = "Let these workers claim nothing more until they are resumed; what they run goes on."
    verb = staticmethod(pause_worker)
    sentence = "Paused {}."
