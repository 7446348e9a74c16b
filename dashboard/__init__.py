"""The operators' console of django-simple-queue: a reusable app over the queue's public face."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from django_simple_queue.models import Task

__all__ = ["get_dashboard_url"]


def get_dashboard_url(task: Task | UUID | str) -> str:
    """Return the path of the page of ``task`` (a Task or its id) in the console, without scheme and host.

    Raises NoReverseMatch when the project's URLs do not include ``dashboard.urls``.
    """
    from django.urls import reverse

    return reverse("simple_queue_dashboard:task", args=[getattr(task, "pk", task)])
