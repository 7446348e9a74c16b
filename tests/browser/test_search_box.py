"""The search box as a combobox, filters by cell and by key, and the help of the keys."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from django_simple_queue.models import Task
from tests.browser.conftest import SignIn
from tests.browser.look import is_live, row, rows, shows_only
from tests.dashboard.queue import CHARGE, a_task, a_worker


@pytest.fixture
def tasks() -> dict[str, Task]:
    worker = a_worker()
    return {
        "failed": a_task(Task.FAILED, task=CHARGE, args='{"invoice": "F-4711"}', worker=worker.pk, age=50),
        "queued": a_task(age=40, queue="mail"),
        "completed": a_task(Task.COMPLETED, age=20, worker=worker.pk),
    }


def options(page: Page) -> list[str]:
    return page.locator("#suggestions [role=option] b").all_text_contents()


def open_box(page: Page, text: str) -> None:
    page.keyboard.press("/")
    page.keyboard.type(text)
    expect(page.locator("#suggestions")).to_be_visible()


def test_a_filter_is_composed_by_keyboard_alone(console: Page, tasks: dict[str, Task]) -> None:
    console.goto("/")
    box = console.get_by_label("Search id")
    open_box(console, "sta")
    console.keyboard.press("ArrowDown")
    first = console.locator("#suggestions [role=option]").first
    expect(first).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", first.get_attribute("id") or "?")
    console.keyboard.press("Enter")
    expect(box).to_have_value("status:")
    expect(console.locator("#suggestions")).to_contain_text("status:failed")
    console.keyboard.type("fail")
    expect(console.locator("#suggestions [role=option]")).to_have_count(1)
    console.keyboard.press("ArrowDown")
    console.keyboard.press("Enter")
    expect(box).to_have_value("status:failed ")
    expect(box).to_be_focused()
    expect(box).to_have_attribute("aria-expanded", "false")
    console.keyboard.press("Enter")
    console.wait_for_url("**/?status=failed")
    shows_only(console, tasks["failed"])


def test_escape_closes_the_proposals_then_leaves_the_box_with_its_text(console: Page, tasks: dict[str, Task]) -> None:
    console.goto("/")
    open_box(console, "que")
    assert options(console)[0] == "queue:"
    console.keyboard.press("Escape")
    expect(console.locator("#suggestions")).to_be_hidden()
    expect(console.get_by_label("Search id")).to_have_value("que")
    console.keyboard.press("Escape")
    expect(console.get_by_label("Search id")).not_to_be_focused()
    console.keyboard.press("j")
    expect(rows(console).first).to_have_class("is-cursor")
    expect(console.get_by_label("Search id")).to_have_value("que")


def test_an_answer_that_was_cut_off_is_asked_for_again(console: Page, tasks: dict[str, Task]) -> None:
    console.route("**/suggestions/**", lambda route: route.abort(), times=1)
    console.goto("/")
    open_box(console, "que")
    assert options(console)[0] == "queue:"


def test_a_proposal_takes_the_place_of_the_last_word_only(console: Page, tasks: dict[str, Task]) -> None:
    console.goto("/")
    open_box(console, r"""error:"no funds" args:'it "is"' C:\can't sta""")
    console.get_by_role("option", name="status:", exact=False).first.click()
    expect(console.get_by_label("Search id")).to_have_value(r"""error:"no funds" args:'it "is"' C:\can't status:""")


def test_a_proposal_is_taken_with_the_mouse(console: Page, tasks: dict[str, Task]) -> None:
    console.goto("/")
    open_box(console, "args:inv")
    console.get_by_role("option", name="args:invoice=F-4711").click()
    expect(console.get_by_label("Search id")).to_have_value("args:invoice=F-4711 ")
    console.keyboard.press("Enter")
    shows_only(console, tasks["failed"])


def test_cells_filter_by_click(console: Page, tasks: dict[str, Task]) -> None:
    console.goto("/")
    row(console, tasks["failed"]).get_by_role("link", name="invoice=").click()
    shows_only(console, tasks["failed"])
    console.goto("/")
    row(console, tasks["failed"]).get_by_role("link", name="web-1:2117").click()
    shows_only(console, tasks["failed"], tasks["completed"])
    row(console, tasks["completed"]).get_by_role("link", name="Completed").click()
    shows_only(console, tasks["completed"])


def test_values_of_a_row_filter_by_key(console: Page, tasks: dict[str, Task]) -> None:
    console.goto("/")
    console.keyboard.press("j")
    console.keyboard.press("j")
    console.keyboard.press("f")
    dialog = console.get_by_role("dialog", name="Filter by a value of this row")
    expect(dialog.get_by_role("link").first).to_be_focused()
    dialog.get_by_role("link", name="Queue mail").press("Enter")
    console.wait_for_url("**/?queue=mail")
    shows_only(console, tasks["queued"])


def test_more_filters_are_applied_together(console: Page, tasks: dict[str, Task]) -> None:
    console.goto("/")
    console.locator(".more-filters summary").click()
    console.get_by_label("Error contains").fill("no funds")
    console.get_by_label("Attempt").fill("1..3")
    console.locator(".more-panel").get_by_role("button", name="Apply").click()
    console.wait_for_url("**/?error=no+funds&attempt=1..3")
    shows_only(console, tasks["failed"])


def test_the_keys_are_told_and_can_be_switched_off(console: Page, tasks: dict[str, Task]) -> None:
    console.goto("/")
    is_live(console)
    console.keyboard.press("?")
    help_ = console.get_by_role("dialog", name="Keyboard shortcuts")
    expect(help_).to_be_visible()
    help_.get_by_role("button", name="Switch shortcuts off").click()
    expect(console.locator("html")).to_have_attribute("data-keys", "off")
    console.keyboard.press("j")
    console.keyboard.press("?")
    expect(console.locator(".is-cursor")).to_have_count(0)
    expect(help_).to_be_hidden()
    console.get_by_role("button", name="Keyboard shortcuts").click()
    help_.get_by_role("button", name="Switch shortcuts on").click()
    expect(console.locator("html")).to_have_attribute("data-keys", "on")


def test_o_opens_and_g_goes(console: Page, tasks: dict[str, Task]) -> None:
    console.goto("/")
    console.keyboard.press("j")
    console.keyboard.press("o")
    console.wait_for_url(f"**/tasks/{tasks['completed'].pk}/")
    console.keyboard.press("g")
    console.keyboard.press("t")
    console.wait_for_url("**/")
    expect(rows(console)).to_have_count(3)


def test_the_interval_is_kept_by_the_browser(console: Page, tasks: dict[str, Task]) -> None:
    console.goto("/")
    console.locator("#connection summary").click()
    console.get_by_label("Every 15 s").check()
    console.goto("/")
    expect(console.locator("#connection")).to_have_attribute("data-every", "15")
    console.keyboard.press("p")
    expect(console.locator("#connection [data-word]")).to_have_text("Paused")
    console.goto("/")
    expect(console.locator("#connection [data-word]")).to_have_text("Paused")


def test_times_follow_the_chosen_time_zone(console: Page, tasks: dict[str, Task]) -> None:
    console.goto("/preferences/")
    console.get_by_label("Time zone").select_option("Asia/Tokyo")
    console.get_by_role("button", name="Save").click()
    expect(console.locator(".foot")).to_contain_text("Times are Asia/Tokyo")
    expect(row(console, tasks["queued"]).locator("time")).to_have_attribute("title", re.compile("JST$"))


def test_a_ticked_row_that_changed_is_marked_and_left_out(console: Page) -> None:
    first, second = a_task(Task.FAILED, age=50), a_task(Task.FAILED, age=40)
    console.goto("/")
    for task in (first, second):
        row(console, task).get_by_role("checkbox").check()
    expect(console.locator("#bulk")).to_contain_text("Requeue 2")
    Task.objects.filter(pk=first.pk).update(status=Task.COMPLETED, modified=timezone.now())
    expect(row(console, first)).to_have_class("is-changed")
    expect(console.locator("[data-selected]")).to_have_text("2 ticked, 1 changed since and left out")
    expect(console.locator("#bulk")).to_contain_text("Requeue 1 of 2")


def test_the_badge_names_the_installation(signed_in: SignIn, settings: object) -> None:
    settings.DJANGO_SIMPLE_QUEUE_ENVIRONMENT = "production"  # type: ignore[attr-defined]
    page = signed_in(viewport={"width": 390, "height": 844})
    page.goto("/")
    expect(page.locator("#environment")).to_have_text("production")
    expect(page.locator("#environment")).to_have_class("env is-failed")
    account = page.locator("summary.avatar").bounding_box()
    assert account and account["x"] + account["width"] <= 390
