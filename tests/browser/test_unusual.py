"""Less than a page usually has: a permission that is gone, no storage, no list to act on, another keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from django_simple_queue.models import Attempt, Task
from tests.browser.conftest import SignIn
from tests.browser.in_order import OVERFLOW, PHONE
from tests.browser.look import row, rows, said, shows_only
from tests.browser.scenes import PAGES
from tests.dashboard.queue import a_task

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

SHIP = "tests.dashboard.shop.ship"
FORBIDDEN = """Object.defineProperty(window, "sessionStorage", {
  get() { throw new DOMException("Access is denied.", "SecurityError"); },
})"""
ALTGR_8 = {"key": "[", "ctrlKey": True, "altKey": True, "modifierAltGraph": True, "bubbles": True}


@pytest.fixture
def asked(signed_in: SignIn) -> Page:
    """The page of somebody who is being asked about tasks that may have taken effect."""
    page = signed_in("eva", "view_task", "requeue_task")
    for task in [a_task(Task.FAILED) for _ in range(2)]:
        Attempt.objects.create(task=task, epoch=1, attempt=1, outcome="lost", finished=task.finished, error="gone")
    page.goto("/?status=failed")
    page.locator("#select-all").check()
    page.locator("#bulk [data-counts=requeue]").click()
    expect(dialog(page)).to_be_visible()
    return page


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


def agree(page: Page) -> None:
    dialog(page).locator(".btn-primary").click()


def test_a_question_whose_permission_is_gone_says_so_itself(asked: Page) -> None:
    held = User.objects.get(username="eva").user_permissions
    taken = held.get(codename="requeue_task")
    held.remove(taken)
    for _ in range(2):
        agree(asked)
        expect(dialog(asked).get_by_role("alert")).to_have_count(1)
        expect(dialog(asked).get_by_role("alert")).to_contain_text("You lack the permission")
    expect(asked.locator("#outcome")).to_be_empty()
    held.add(taken)
    agree(asked)
    expect(dialog(asked)).to_be_hidden()
    said(asked, "Requeued 2 of 2")


def test_a_question_whose_answer_is_lost_says_so_itself(asked: Page) -> None:
    asked.route("**/requeue/", lambda route: route.abort())
    agree(asked)
    expect(dialog(asked).get_by_role("alert")).to_contain_text("it is unknown whether that was done")


def test_without_storage_rows_are_ticked_and_filters_chosen(console: Page) -> None:
    failed = a_task(Task.FAILED)
    console.add_init_script(FORBIDDEN)
    console.goto("/?status=failed")
    row(console, failed).get_by_role("checkbox").check()
    console.locator("#bulk [data-counts=requeue]").click()
    said(console, "Requeued send_email")
    console.get_by_label("Time", exact=True).select_option("15m")
    console.wait_for_url("**time=15m**")


def test_keys_do_nothing_where_there_is_nothing_for_them(console: Page) -> None:
    console.goto("/tasks/01a20498-fa86-7401-a271-238759bd0139/")
    for key in ["?", "/", *"jkoxrcufp[]", "Escape"]:
        console.keyboard.press(key)
    expect(console.get_by_role("heading")).to_have_text("Nothing here")


def test_a_bracket_that_is_typed_with_altgr_turns_the_page(console: Page) -> None:
    for number in range(26):
        a_task(Task.FAILED, age=100 + number)
    console.goto("/?rows=25")
    console.get_by_role("link", name="Next").click()
    expect(rows(console)).to_have_count(1)
    console.locator("body").dispatch_event("keydown", ALTGR_8)
    expect(rows(console)).to_have_count(25)


def test_what_was_told_of_a_whole_list_goes_once_it_is_right(console: Page, settings: Any) -> None:
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {SHIP: {}}
    settings.TIME_ZONE = "Europe/Vienna"
    console.goto(f"/enqueue/?task={SHIP}")
    console.get_by_label("to required").fill("Eva")
    console.get_by_label("order required").fill("7")
    for place in range(2):
        console.get_by_role("button", name="Add to labels").click()
        console.locator(f"[name='a.labels.{place}']").fill("1")
    console.locator("details.options summary").click()
    console.get_by_label("Run after").fill("2031-10-26T02:30:00")
    console.locator("[data-submit]").click()
    mistakes = console.locator("[data-enqueue] .field-error")
    expect(mistakes).to_have_count(2)
    console.get_by_label("Which of the two").select_option("+01:00")
    console.locator("[name='a.labels.1']").fill("2")
    expect(console.locator("#preview")).to_contain_text("Arguments fit the signature")
    expect(mistakes).to_have_count(0)
    expect(console.locator("#problems, [aria-invalid]")).to_have_count(0)


def test_what_is_still_to_be_filled_in_keeps_what_it_was_told(console: Page, settings: Any) -> None:
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {SHIP: {}}
    console.goto(f"/enqueue/?task={SHIP}")
    console.locator("[data-submit]").click()
    wrong = console.locator("[data-enqueue] [aria-invalid]")
    expect(wrong).to_have_count(2)
    console.get_by_label("to required").fill("Eva")
    expect(console.locator("#preview")).to_contain_text("Not complete yet: 1")
    expect(wrong).to_have_count(1)
    expect(console.locator("#problems, [data-enqueue] .field-error")).to_have_count(2)


@pytest.mark.parametrize("screen", [PHONE, None])
def test_more_is_searched_while_rows_are_ticked(signed_in: SignIn, screen: Any) -> None:
    page = signed_in(viewport=screen, has_touch=True) if screen else signed_in()
    first, second = a_task(Task.FAILED), a_task(Task.FAILED, args='{"order_id": 48213}')
    page.goto("/?status=failed")
    row(page, first).get_by_role("checkbox").check()
    expect(page.locator("#q")).to_be_hidden()
    page.get_by_role("button", name="Search and filter").click()
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("order_id=48213")
    page.keyboard.press("Enter")
    shows_only(page, second)
    expect(page.locator("[data-selected]")).to_have_text("1 ticked, 1 on other pages")


@pytest.mark.parametrize("environment", ["", "production"])
@pytest.mark.parametrize("name", ["tasks, all", "task, failed", "workers", "activity", "enqueue, chosen"])
def test_nothing_scrolls_sideways_in_the_narrowest_window(
    signed_in: SignIn, settings: Any, name: str, environment: str
) -> None:
    settings.DJANGO_SIMPLE_QUEUE_ENVIRONMENT = environment
    page = signed_in(viewport={"width": 320, "height": 640})
    page.goto(PAGES[name]())
    page.evaluate("show('offline')")
    assert page.evaluate(OVERFLOW) <= 0
    expect(page.get_by_role("link", name="Simple Queue")).to_be_attached()
