"""The page about one task for those who have its id, as its tests ask for it."""

from __future__ import annotations

from django.urls import reverse

SECRET = "payload-7781"


def get(client, task_id=None, **parameters):
    if task_id is not None:
        parameters["task_id"] = str(task_id)
    return client.get(reverse("django_simple_queue:task"), parameters)
