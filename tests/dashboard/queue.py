"""Tasks in every state, as the console's tests find them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from django_simple_queue.models import Task, Worker

SEND = "shop.tasks.send_email"
CHARGE = "billing.tasks.charge_invoice"
DECLINED = "CardDeclined('no')\n\nTraceback (most recent call last):\n  ...\nbilling.CardDeclined: no funds\n"


def a_worker(alive: bool = True, **columns: Any) -> Worker:
    lease = timezone.now() + timedelta(minutes=5 if alive else -5)
    return Worker.objects.create(**{"host": "web-1", "pid": 2117, "slots": 4, "lease_until": lease, **columns})


def a_task(status: int = Task.QUEUED, age: float = 60, **columns: Any) -> Task:
    """A task created ``age`` seconds ago; an ended one ran for a second, ten seconds ago."""
    now = timezone.now()
    created = now - timedelta(seconds=age)
    ran = {"epoch": 1, "attempt": 1, "started": now - timedelta(seconds=11)} if status != Task.QUEUED else {}
    ended = {"finished": now - timedelta(seconds=10)} if status > Task.PROGRESS else {}
    error = {"error": DECLINED, "error_class": "billing.CardDeclined"} if status == Task.FAILED else {}
    values = {"task": SEND, "args": '{"order_id": 7}', "run_after": created, **ran, **ended, **error, **columns}
    task = Task.objects.create(status=status, **values)
    Task.objects.filter(pk=task.pk).update(created=created)
    return Task.objects.get(pk=task.pk)


def later(seconds: float) -> dict[str, Any]:
    return {"run_after": timezone.now() + timedelta(seconds=seconds), "due": False}


def status_of(task: Task) -> int:
    return Task.objects.values_list("status", flat=True).get(pk=task.pk)


def shown(html: str) -> list[str]:
    """The ids of the rows on a page, from top to bottom."""
    return re.findall(r'<tr role="row" id="t-[^>]*>.*?href="[^"]*/tasks/([0-9a-f-]{36})/"', html, re.DOTALL)


def row_of(html: str, task: Task) -> str:
    start = html.index(f'id="t-{task.pk.hex[20:]}"')
    return html[start : html.index("</tr>", start)]


def count_on(html: str, slug: str) -> str:
    tab = re.search(rf'id="tab-{slug}".*?<span class="n">(.*?)</span>', html, re.DOTALL)
    assert tab, f"no number on the tab {slug}"
    return tab[1]


def page(client: Client, query: str = "") -> str:
    """The list under a filter."""
    response = client.get(f"/?{query}")
    assert response.status_code == 200
    return response.content.decode()
