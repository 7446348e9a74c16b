"""The tables of the queue. Statuses change only through the verbs of ``TaskQuerySet`` and the worker's store."""

from __future__ import annotations

from django_simple_queue.models.attempt import Attempt
from django_simple_queue.models.audit import OperatorAction, OperatorActionItem
from django_simple_queue.models.queue import QueuePause
from django_simple_queue.models.task import Task
from django_simple_queue.models.worker import Worker

__all__ = ["Attempt", "OperatorAction", "OperatorActionItem", "QueuePause", "Task", "Worker"]
