"""Failures in two groups, as the tests of their pages find them."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from django_simple_queue.models import Task
from tests.dashboard.queue import CHARGE, a_task

URL = "/failures/"
PAY, MAIL = "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"
HOURS = (0.5, 2, 20, 100)


def failed(fingerprint=PAY, hours=0.0, **columns):
    moment = timezone.now() - timedelta(hours=hours)
    values = {"task": CHARGE, "fingerprint": fingerprint, "finished": moment, "release": "r1"} | columns
    return a_task(Task.FAILED, age=hours * 3600 + 60, **values)
