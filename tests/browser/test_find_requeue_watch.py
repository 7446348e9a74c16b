"""The commonest journey: find a failed task, requeue it, watch it complete; by keyboard, and without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from django_simple_queue.models import Task
from tests.browser.conftest import SignIn
from tests.browser.keys import Keys
from tests.browser.look import fresh, is_live, row, said, shows_only
from tests.dashboard.queue import CHARGE, a_task, a_worker

KEYS = len("/") + len("order_id=48213") + len(["Enter", "j", "r"])


def the_task() -> Task:
    a_worker()
    for number in range(3):
        a_task(Task.FAILED, age=50 + number)
    return a_task(Task.FAILED, age=200, task=CHARGE, args='{"order_id": 48213}')


def completes(task: Task) -> None:
    Task.objects.filter(pk=task.pk, status=Task.QUEUED).update(status=Task.COMPLETED, output="charged")


@pytest.mark.ability(15)
def test_by_keyboard_in_eighteen_keys(console: Page) -> None:
    task, keys = the_task(), Keys(console)
    console.goto("/")
    is_live(console)
    keys.press("/")
    expect(console.get_by_label("Search id")).to_be_focused()
    keys.type("order_id=48213")
    keys.press("Enter")
    shows_only(console, task)
    keys.press("j")
    expect(row(console, task)).to_have_class("is-cursor")
    keys.press("r")
    said(console, "Requeued charge_invoice")
    completes(task)
    expect(row(console, task).locator(".state")).to_have_text("Completed")
    assert keys.count == KEYS == 18


@pytest.mark.ability(15)
def test_without_javascript(signed_in: SignIn) -> None:
    task = the_task()
    page = signed_in("ada", java_script_enabled=False)
    page.goto("/")
    page.get_by_label("Search id").fill("order_id=48213")
    page.get_by_label("Search id").press("Enter")
    shows_only(page, task)
    row(page, task).get_by_role("button", name="Requeue").click()
    said(page, "Requeued charge_invoice")
    completes(task)
    page.reload()
    expect(row(page, task).locator(".state")).to_have_text("Completed")
    assert fresh(task).status == Task.COMPLETED
