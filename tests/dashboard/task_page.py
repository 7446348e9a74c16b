"""Tasks for tests of the page of one, and that page."""

from __future__ import annotations

import json
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from django_simple_queue.models import Task, Worker

TASK = "tests.dashboard.shop.charge"
SECRET = "tok-98123-abc"


def make_task(**columns):
    defaults = {"task": TASK, "args": json.dumps({"invoice_id": 7, "card": {"token": SECRET, "holder": "Ada"}})}
    return Task.objects.create(**defaults | columns)


def failed_task(**columns):
    now = timezone.now()
    times = {"started": now - timedelta(seconds=20), "finished": now - timedelta(seconds=10)}
    state = {"status": Task.FAILED, "attempt": 1, "epoch": 1, "error": f"Boom('{SECRET}')", "error_class": "shop.Boom"}
    task = make_task(**times | state | columns)
    Task.objects.filter(pk=task.pk).update(created=now - timedelta(seconds=30))
    return task


def live_worker(**columns):
    now = timezone.now()
    defaults = {"host": "web-1", "pid": 42, "lease_until": now + timedelta(minutes=5), "slots": 2}
    return Worker.objects.create(**defaults | columns)


def page(client, task, **query):
    return client.get(reverse("simple_queue_dashboard:task", args=[task.pk]), query)


def text_of(client, task):
    response = page(client, task)
    assert response.status_code == 200
    return response.content.decode()
