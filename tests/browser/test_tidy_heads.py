"""Heads and tiles break between what they say, and what goes to a second row begins where the first one does."""

from __future__ import annotations

from playwright.sync_api import Locator, Page

from dashboard import get_dashboard_url
from django_simple_queue.models import Attempt, OperatorAction, Task
from django_simple_queue.models.audit import perform
from tests.browser.in_order import DESK, PHONE
from tests.browser.test_task_page import failed
from tests.dashboard.queue import a_task

LINES = """parts => parts.map(part => {
  const range = document.createRange();
  range.selectNodeContents(part);
  return range.getClientRects().length;
})"""


def test_a_tile_breaks_between_its_reason_and_its_note(console: Page) -> None:
    for _ in range(150):
        a_task(Task.FAILED, fingerprint="a" * 16)
    console.set_viewport_size(DESK)
    console.goto("/")
    said = console.locator("#tile-failed .kpi-note > *")
    assert said.all_inner_texts() == ["100\N{NO-BREAK SPACE}% of 150 runs", "150 not handled"]
    assert said.evaluate_all(LINES) == [1, 1]


def left(part: Locator) -> float:
    place = part.bounding_box()
    assert place
    return place["x"]


def test_the_tabs_of_an_error_stand_below_its_heading_where_both_do_not_fit(console: Page) -> None:
    task = failed()
    Task.objects.filter(pk=task.pk).update(status=Task.CANCELLED)
    Attempt.objects.create(task=task, epoch=1, attempt=1, outcome="cancelled", error=task.error)
    console.set_viewport_size(PHONE)
    console.goto(get_dashboard_url(task))
    head = console.locator("#error .card-head")
    assert head.locator("h2").inner_text() == "How it ended"
    assert abs(left(head.locator(".seg")) - left(head.locator("h2"))) < 1


def test_the_outcomes_stand_below_their_heading(console: Page) -> None:
    perform("requeue", Task.objects.filter(pk=a_task(Task.FAILED).pk), None, "send_email")
    for size in (DESK, PHONE):
        console.set_viewport_size(size)
        console.goto(f"/activity/{OperatorAction.objects.get().pk}/")
        outcomes = console.locator("#outcomes")
        assert left(outcomes.locator(".num + *")) - left(outcomes.locator("h2")) < 40
