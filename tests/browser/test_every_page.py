"""Each page in each of its states: no report, no accessibility fault, in both themes, on a desk and on a phone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from django_simple_queue.models import Task
from tests.browser.conftest import SignIn
from tests.browser.in_order import DESK, PHONE, is_in_order
from tests.browser.scenes import PAGES, everything
from tests.dashboard.queue import a_task, a_worker


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.ability(15)
def test_of_an_operator(console: Page, name: str) -> None:
    console.goto(PAGES[name]())
    is_in_order(console)


@pytest.mark.parametrize("address", ["/", "/tasks/{}/", "/activity/"])
def test_of_an_operator_with_few_permissions(signed_in: SignIn, address: str) -> None:
    page = signed_in("guest", "view_task")
    page.goto(address.format(a_task(Task.FAILED).pk))
    is_in_order(page)


def test_of_a_visitor(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto("/")
    is_in_order(page)
    page.set_viewport_size(DESK)
    page.get_by_label("Username").fill("nobody")
    page.get_by_label("Password").fill("nothing")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    is_in_order(page)


def test_of_a_form_with_mistakes(console: Page) -> None:
    console.goto("/enqueue/?mode=json&task=tests.tasks.two_arguments")
    console.get_by_role("textbox", name="Arguments").fill("{")
    console.locator("details.options summary").click()
    console.get_by_label("Priority").fill("1000")
    console.locator("[data-submit]").click()
    expect(console.locator("#args-e")).to_be_visible()
    is_in_order(console)


def test_of_a_project_without_an_allowlist(console: Page, settings: Any) -> None:
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = None
    console.goto("/enqueue/")
    expect(console.get_by_role("heading", name="Nothing can be enqueued")).to_be_visible()
    is_in_order(console)


def test_of_ticked_rows_a_question_and_a_result(console: Page) -> None:
    task = a_task(Task.PROGRESS, worker=a_worker().pk)
    a_task()
    console.goto("/")
    for box in console.locator("tbody [name=ids]").all():
        box.check()
    is_in_order(console)
    console.set_viewport_size(DESK)
    console.get_by_role("toolbar").get_by_role("button", name="Cancel").click()
    expect(console.get_by_role("dialog")).to_be_visible()
    is_in_order(console)
    console.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(console.locator("#outcome .toast")).to_be_visible()
    is_in_order(console)
    assert Task.objects.get(pk=task.pk).cancel_requested


def test_the_first_row_is_near_the_top_of_a_phone(console: Page) -> None:
    everything()
    console.set_viewport_size(PHONE)
    console.goto("/")
    box = console.locator("#rows tbody tr").first.bounding_box()
    assert box
    assert box["y"] <= 420
