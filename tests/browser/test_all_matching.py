"""All that matches, in a real browser, under each kind of filter: offered, asked about with its number, and done."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from django_simple_queue.models import Task
from tests.browser.look import rows, said
from tests.dashboard.queue import CHARGE, a_task, a_worker

COUNTED = {
    "task": f"task={CHARGE}",
    "worker": "worker={worker}",
    "has": "has=error",
    "attempt": "attempt=1",
    "duration": "duration=>0.5s",
    "time": "time=24h",
}
TEXTS = {"text": "q=charge", "error": "error=no+funds", "arguments": "args=order_id%3D7"}


@pytest.mark.parametrize("kind", [*COUNTED, *TEXTS])
def test_all_that_a_filter_finds_are_requeued(console: Page, kind: str) -> None:
    worker = a_worker()
    for age in range(60):
        a_task(Task.FAILED, task=CHARGE, age=100 + age, worker=worker.pk)
    query = {**COUNTED, **TEXTS}[kind].format(worker=worker.pk)
    console.goto(f"/?status=failed&{query}&rows=25")
    rows(console).first.get_by_role("checkbox").check()
    menu = console.locator("#matching")
    menu.locator("summary").click()
    expect(menu.locator("summary")).to_have_text("All matching" if kind in TEXTS else "All 60 matching")
    expect(menu.locator(".menu-note")).to_contain_text("at most 1" if kind in TEXTS else "you see what will happen")
    menu.get_by_role("button", name="Requeue all matching").click()
    dialog = console.get_by_role("dialog")
    expect(dialog).to_contain_text("Requeue 60 tasks?")
    dialog.get_by_role("button", name="Requeue").click()
    said(console, "Requeued 60")
    assert Task.objects.filter(status=Task.QUEUED).count() == 60
