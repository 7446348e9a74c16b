from __future__ import annotations

from django_simple_queue.management.workers import WorkerCommand
from django_simple_queue.models.control import resume_worker


class Command(WorkerCommand):
    help = "Let paused workers claim again."
    verb = staticmethod(resume_worker)
    sentence = "Resumed {}."
    asks_why = False
