from __future__ import annotations

from django_simple_queue.management.queues import QueueCommand
from django_simple_queue.models.control import resume_queue


class Command(QueueCommand):
    help = "Let workers claim from these queues again."
    verb = staticmethod(resume_queue)
    sentence = "Resumed {}."
    asks_why = False
    what_all_means = "Lift the pause of all queues; single ones stay paused."
