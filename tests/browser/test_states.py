"""States that an operator meets seldom, each as it looks.

GALLERY=1 takes their pictures: in both themes, on a desk and on a phone, in .cache/gallery; those that
docs/states.md shows are taken anew with it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Page, expect

from dashboard.selectors import search
from django_simple_queue.models import OperatorAction, QueuePause, Task
from django_simple_queue.utils import create_task
from tests.browser.conftest import SignIn
from tests.browser.in_order import PHONE
from tests.browser.look import is_live, row, said
from tests.browser.pictures import pictures
from tests.browser.scenes import PAGES, an_action, everything, lost_task
from tests.browser.site import Site
from tests.dashboard.queue import CHARGE, a_task, a_worker

SHIP = "tests.dashboard.shop.ship"
SECRET = "hunter2hunter2"
State = Callable[[Page], Any]


def at(name: str, words: str) -> State:
    """A page that only has to be opened, and words by which it is known."""

    def opened(page: Page) -> None:
        page.goto(PAGES[name]())
        expect(page.locator("main")).to_contain_text(words)

    return opened


def action(state: str, words: str, **columns: Any) -> State:
    def opened(page: Page) -> None:
        address = an_action(state, **columns)
        Task.objects.filter(task__contains="long_").update(task=CHARGE)
        OperatorAction.objects.update(scope="failed, billing.tasks.charge_invoice, last 24 hours", reason="It is back")
        page.goto(address)
        expect(page.locator("main")).to_contain_text(words)

    return opened


def refused(page: Page) -> None:
    a_worker()
    task = a_task(Task.FAILED, task="tests.tasks.two_arguments", args='{"gone": 1}')
    page.goto("/")
    row(page, task).get_by_role("button", name="Requeue").click()
    said(page, "no longer fit")


def may_have_taken_effect(page: Page) -> None:
    page.goto(lost_task())
    page.locator("#task-head").get_by_role("button", name="Requeue").click()
    expect(page.get_by_role("dialog")).to_contain_text("may have taken effect")


def edit_with_a_secret(page: Page) -> None:
    pk = create_task(SHIP, {"to": "Eva", "order": 7, "token": SECRET})
    page.goto(f"/enqueue/?from={pk}")
    expect(page.get_by_role("heading", name="Edit and requeue")).to_be_visible()
    assert SECRET not in page.content()


def offline(page: Page) -> None:
    everything()
    page.goto("/")
    is_live(page)
    page.context.set_offline(True)
    page.locator("#connection[data-state=offline]").wait_for(timeout=30_000)


def late(page: Page) -> None:
    everything()
    page.goto("/?status=failed")
    is_live(page)
    page.route("**/*live=1*", lambda route: None)
    page.locator("#connection[data-state=late]").wait_for(state="attached", timeout=30_000)


def signed_out(page: Page) -> None:
    everything()
    page.goto("/")
    is_live(page)
    Session.objects.all().delete()
    page.wait_for_url("**/login/?next=*")


def exhausted(page: Page) -> None:
    everything()
    page.goto("/?q=nothing+has+this")
    expect(page.get_by_text("Searched back to")).to_be_visible()


def suggestions(page: Page) -> None:
    everything()
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("status:")
    expect(page.get_by_role("option").first).to_be_visible()


def keys(page: Page) -> None:
    everything()
    page.goto("/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


def paused_queue(page: Page) -> None:
    everything()
    QueuePause.objects.create(queue="default", reason="The gateway is down", paused_by="omar")
    page.goto("/workers/")
    expect(page.locator("body")).to_contain_text("The gateway is down")


def lost_worker(page: Page) -> None:
    lost_task()
    page.goto("/workers/")
    expect(page.locator("main")).to_contain_text("web-6")


def megabyte_argument(page: Page) -> None:
    task = a_task(Task.FAILED, args=json.dumps({"text": "a few words " * 90_000}))
    page.goto(f"/tasks/{task.pk}/")
    expect(page.locator("#task-head")).to_be_visible()


def large_output(page: Page) -> None:
    task = a_task(Task.COMPLETED, output="a line of the output\n" * 500_000)
    page.goto(f"/tasks/{task.pk}/")
    expect(page.locator("#output")).to_be_visible()


def all_matching(page: Page) -> None:
    for age in range(30):
        a_task(Task.FAILED, age=100 + age, task=CHARGE if age % 3 else "shop.tasks.send_email")
    page.goto("/?status=failed&rows=25")
    page.locator("tbody [name=ids]").first.check()
    page.locator("#matching summary").click()
    expect(page.get_by_role("button", name="Requeue all matching")).to_be_visible()


STATES: dict[str, State] = {
    "action-running": action("running", "requeueing"),
    "action-stopped": action("aborted", "Stopped", problem="Stopped by omar."),
    "action-partly-undone": action(
        "done", "Undone", undone=timezone.now(), undone_by="omar", undo_outcomes={"restored": 2, "started": 1}
    ),
    "refused": refused,
    "may-have-taken-effect": may_have_taken_effect,
    "edit-with-a-secret": edit_with_a_secret,
    "late": late,
    "offline": offline,
    "signed-out": signed_out,
    "search-exhausted": exhausted,
    "suggestions": suggestions,
    "keys": keys,
    "none-yet": at("tasks, none yet", "No task"),
    "no-match": at("tasks, no match", "Nothing matches"),
    "no-worker": at("tasks, no worker", "No worker is running"),
    "retrying": at("tasks, retrying", "attempt 2 of 3"),
    "all-matching": all_matching,
    "paused-queue": paused_queue,
    "lost-worker": lost_worker,
    "megabyte-argument": megabyte_argument,
    "large-output": large_output,
    "running": at("task, running", "40"),
    "tried-before": at("task, tried before", "Attempts"),
}


@pytest.fixture(autouse=True)
def narrow_window(monkeypatch: pytest.MonkeyPatch, settings: Any, allowlist: None) -> None:
    monkeypatch.setattr(search, "LONGEST_WALK", 2)
    monkeypatch.setattr(search, "FIRST_CHUNK", 2)
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {**settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS, SHIP: {}}


@pytest.mark.parametrize("name", STATES)
def test_a_state(console: Page, name: str) -> None:
    STATES[name](console)
    pictures(console, name)


def test_without_an_allowlist(console: Page, settings: Any) -> None:
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = None
    console.goto("/enqueue/")
    expect(console.get_by_role("heading", name="Nothing can be enqueued")).to_be_visible()
    pictures(console, "no-allowlist")


def test_a_narrow_window_with_a_keyboard_shows_the_keys(console: Page) -> None:
    keys(console)
    console.set_viewport_size(PHONE)
    expect(console.locator(".keys kbd").first).to_be_visible()


def test_a_refusal_is_no_success_in_its_looks(console: Page) -> None:
    refused(console)
    expect(console.locator(".toast")).to_have_class("toast is-bad")


@pytest.mark.sqlite
def test_without_the_database(signed_in: SignIn, site: Site) -> None:
    page = signed_in("ada", base_url=site.url)
    site.open()
    site.take_database_away()
    page.goto("/")
    expect(page.get_by_role("heading")).to_have_text("The database does not answer")
    pictures(page, "unavailable")


def test_of_who_may_only_look(signed_in: SignIn) -> None:
    page = signed_in("guest", "view_task", "view_task_payload")
    page.goto(everything())
    expect(page.get_by_role("button", name="Requeue")).to_have_count(0)
    pictures(page, "view-only")


def test_of_who_may_not_see_the_payload(signed_in: SignIn) -> None:
    page = signed_in("guest", "view_task", "requeue_task")
    page.goto(f"/tasks/{a_task(Task.FAILED, task=CHARGE).pk}/")
    expect(page.locator("#sealed")).to_be_visible()
    pictures(page, "no-payload")
