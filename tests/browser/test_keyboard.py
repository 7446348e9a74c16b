from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from django_simple_queue.models import Task
from tests.browser.keys import Keys
from tests.browser.look import fresh, is_live, next_poll, past_guard, row, rows, said, shows_only
from tests.dashboard.queue import CHARGE, a_task, a_worker


def test_an_operator_works_with_keys_alone(console: Page) -> None:
    tasks = [a_task(Task.FAILED, age=age, task=CHARGE) for age in (300, 200, 100)]
    a_task(Task.FAILED)
    press = console.keyboard.press
    console.goto("/?status=failed")
    press("/")
    expect(console.get_by_label("Search id")).to_be_focused()
    console.keyboard.type("charge_invoice")
    press("Enter")
    shows_only(console, *tasks)
    press("j")
    press("j")
    expect(rows(console).nth(1)).to_have_class("is-cursor")
    press("k")
    expect(rows(console).nth(0)).to_have_class("is-cursor")
    press("x")
    expect(console.locator("[data-selected]")).to_have_text("1 ticked")
    press("Escape")
    expect(rows(console).nth(0).get_by_role("checkbox")).not_to_be_checked()
    press("r")
    said(console, "Requeued charge_invoice")
    assert Task.objects.filter(status=Task.QUEUED).count() == 1
    past_guard(console)
    press("u")
    said(console, "as before")
    assert not Task.objects.filter(status=Task.QUEUED).exists()


@pytest.mark.parametrize(
    "address",
    ["/", "/failures/", "/enqueue/", "/activity/", "/workers/", "/tasks/{}/", "/queues/named/default/"],
)
def test_slash_searches_where_the_page_says_so_and_else_is_the_browsers(console: Page, address: str) -> None:
    console.goto(address.format(a_task().pk))
    console.evaluate("addEventListener('keydown', event => { window.taken = event.defaultPrevented })")
    searches = console.locator("kbd", has_text="/").locator("visible=true").count() > 0
    console.keyboard.press("/")
    expect(console.locator("[type=search]:focus")).to_have_count(int(searches))
    assert console.evaluate("window.taken") is searches


def test_search_is_at_hand_while_rows_are_ticked(console: Page) -> None:
    task = a_task(Task.FAILED)
    console.goto("/?status=failed")
    is_live(console)
    row(console, task).get_by_role("checkbox").click()
    search = console.get_by_label("Search id")
    expect(search).not_to_be_visible()
    console.keyboard.press("/")
    expect(search).to_be_focused()
    console.keyboard.type("charge")
    with next_poll(console):
        pass
    expect(search).to_have_value("charge")
    row(console, task).get_by_role("checkbox").focus()
    expect(search).not_to_be_visible()


def test_focus_stays_on_the_row_that_was_acted_on(console: Page) -> None:
    task = a_task(Task.FAILED)
    console.goto("/?status=failed")
    is_live(console)
    button = row(console, task).get_by_role("button", name="Requeue")
    button.focus()
    console.keyboard.press("Enter")
    said(console, "Requeued")
    expect(row(console, task).get_by_role("button", name="Undo")).to_be_focused()


def test_e_opens_enqueue_and_enter_opens_a_row(console: Page) -> None:
    task = a_task()
    console.goto("/")
    console.keyboard.press("j")
    console.keyboard.press("Enter")
    console.wait_for_url(f"**/tasks/{task.pk}/")
    console.go_back()
    console.keyboard.press("e")
    console.wait_for_url("**/enqueue/")


def test_keys_are_text_while_somebody_types(console: Page) -> None:
    task = a_task(Task.FAILED)
    console.goto("/?status=failed")
    console.keyboard.press("j")
    console.get_by_label("Search id").click()
    console.keyboard.type("jkxrupe")
    expect(console.get_by_label("Search id")).to_have_value("jkxrupe")
    is_live(console)
    assert fresh(task).status == Task.FAILED


def test_the_first_tab_stop_leads_past_the_navigation(console: Page) -> None:
    console.goto("/")
    console.keyboard.press("Tab")
    expect(console.get_by_role("link", name="Skip to content")).to_be_focused()


def test_a_dialog_is_answered_with_keys_and_gives_focus_back(console: Page) -> None:
    task = a_task(Task.PROGRESS)
    Task.objects.filter(pk=task.pk).update(worker=a_worker().pk)
    console.goto(f"/tasks/{task.pk}/")
    opener = console.get_by_role("button", name="Stop task")
    opener.focus()
    console.keyboard.press("Enter")
    expect(console.get_by_role("dialog")).to_be_visible()
    console.keyboard.press("Escape")
    expect(console.get_by_role("dialog")).to_be_hidden()
    expect(opener).to_be_focused()
    assert fresh(task).cancel_requested is None


def test_enter_on_the_box_of_a_row_starts_nothing(console: Page) -> None:
    tasks = [a_task(Task.FAILED, age=age) for age in range(3)]
    console.goto("/?status=failed")
    is_live(console)
    sent: list[str] = []
    console.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    box = row(console, tasks[0]).get_by_role("checkbox")
    box.check()
    box.press("Enter")
    with next_poll(console):
        pass
    expect(console.locator("dialog[open]")).to_have_count(0)
    assert sent == []
    assert {fresh(task).status for task in tasks} == {Task.FAILED}
    expect(box).to_be_checked()


def test_u_takes_back_the_row_at_the_cursor_and_no_other(console: Page) -> None:
    tasks = [a_task(Task.FAILED, age=age) for age in (300, 200, 100)]
    console.goto("/?status=failed")
    is_live(console)
    for task in tasks:
        row(console, task).get_by_role("checkbox").check()
    console.keyboard.press("r")
    expect(console.locator("#outcome").get_by_role("button", name="Undo 3")).to_be_visible()
    console.locator("#outcome").get_by_role("button", name="Dismiss").click()
    past_guard(console)
    console.keyboard.press("j")
    console.keyboard.press("u")
    said(console, "Undone: send_email")
    assert sorted(fresh(task).status for task in tasks) == [Task.QUEUED, Task.QUEUED, Task.FAILED]


def test_u_takes_back_the_row_one_went_to_before_what_was_just_done(console: Page) -> None:
    second, first = a_task(Task.FAILED), a_task(Task.FAILED)
    console.goto("/?status=failed")
    is_live(console)
    for task in (second, first):
        row(console, task).get_by_role("button", name="Requeue").click()
        expect(row(console, task).get_by_role("button", name="Undo")).to_be_visible()
    past_guard(console)
    console.keyboard.press("j")
    console.keyboard.press("u")
    said(console, "as before")
    assert (fresh(first).status, fresh(second).status) == (Task.QUEUED, Task.FAILED)


EVERY_KEY = ["/", "j", "k", "x", "r", "u", "?"]


@pytest.mark.parametrize(
    ("address", "keys"),
    [
        ("/?status=failed", EVERY_KEY),
        ("/?status=completed", ["/", "j", "k", "x", "?"]),
        ("/failures/", ["/", "j", "k", "r", "u", "?"]),
        ("/preferences/", ["?"]),
        ("/workers/", ["?"]),
        ("/activity/", ["/", "?"]),
    ],
)
def test_the_foot_names_the_keys_that_do_something_on_the_page(console: Page, address: str, keys: list[str]) -> None:
    a_task(Task.FAILED, fingerprint="a" * 16, finished=timezone.now())
    a_task(Task.COMPLETED)
    console.set_viewport_size({"width": 1440, "height": 900})
    console.goto(address)
    shown = console.locator(".foot .hints kbd").filter(visible=True)
    assert shown.all_inner_texts() == keys


def test_the_foot_names_no_key_to_who_has_switched_them_off(console: Page, live_server: Any) -> None:
    choice = {"name": "simple_queue_dashboard_keys", "value": "off", "url": live_server.url}
    console.context.add_cookies([choice])
    console.goto("/")
    expect(console.locator(".foot .hints")).to_be_hidden()


def test_e_enqueues_from_a_task_page_too(console: Page) -> None:
    console.goto(f"/tasks/{a_task().pk}/")
    console.keyboard.press("e")
    expect(console).to_have_url(re.compile("/enqueue/$"))


@pytest.mark.parametrize("key", ["r", "c"])
def test_a_key_acts_on_no_other_row_when_the_ticked_ones_do_not_fit(console: Page, key: str) -> None:
    ended = [a_task(Task.COMPLETED) for _ in range(2)]
    fits = a_task(Task.FAILED if key == "r" else Task.QUEUED)
    console.goto("/")
    for task in ended:
        row(console, task).get_by_role("checkbox").check()
    console.keyboard.press("k")
    expect(row(console, fits)).to_have_class(re.compile("is-cursor"))
    console.keyboard.press(key)
    with next_poll(console):
        pass
    assert fresh(fits).status == fits.status


def test_a_key_acts_on_the_row_that_has_the_focus(console: Page) -> None:
    below, above = a_task(Task.FAILED, age=20), a_task(Task.FAILED, age=10)
    console.goto("/?status=failed")
    is_live(console)
    console.keyboard.press("j")
    box = row(console, below).get_by_role("checkbox")
    Keys(console).tab_to(box)
    expect(row(console, below)).to_have_class(re.compile("is-cursor"))
    console.keyboard.press("x")
    expect(box).to_be_checked()
    expect(row(console, above).get_by_role("checkbox")).not_to_be_checked()


def test_u_takes_back_the_row_that_the_focus_went_to(console: Page) -> None:
    second, first = a_task(Task.FAILED, age=20), a_task(Task.FAILED, age=10)
    console.goto("/?status=failed")
    is_live(console)
    for task in (second, first):
        row(console, task).get_by_role("button", name="Requeue").click()
        expect(row(console, task).get_by_role("button", name="Undo")).to_be_visible()
    past_guard(console)
    Keys(console).tab_to(row(console, second).get_by_role("checkbox"))
    console.keyboard.press("u")
    said(console, "as before")
    assert (fresh(first).status, fresh(second).status) == (Task.QUEUED, Task.FAILED)
