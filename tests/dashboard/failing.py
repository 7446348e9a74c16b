"""Failures in two groups, as the tests of their pages find them."""

from __future__ import annotations

import re
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


def decide(client, verb, page, fingerprint=PAY):
    """Press the button for ``verb`` of a group on a page."""
    menu = page[page.index(f'id="judge-{fingerprint}"') :]
    fields = dict(re.findall(r'name="(decision|seen)" value="([^"]*)"', menu[: menu.index("</form>")]))
    return client.post(f"{URL}{fingerprint}/{verb}/", fields)
