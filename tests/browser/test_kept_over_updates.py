"""What a live update must not take away: the cursor, the ticks, a dialog; and what it must bring."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, Route, expect

from django_simple_queue.models import Task
from tests.browser.conftest import SignIn
from tests.browser.look import ask_now, fresh, is_live, row, rows, said
from tests.browser.test_fleet_and_failures import failed as failed_in_group
from tests.dashboard.queue import a_task, a_worker
from tests.support.waiting import wait_until

OTHER = "0123456789abcdef"
MARKDOWN = re.compile(r"^## Failure")


def failed(count: int) -> list[Task]:
    return [a_task(Task.FAILED, age=100 + age) for age in range(count)]


def bring_news(page: Page) -> None:
    """Change the list and wait until an update has shown it."""
    news = a_task(Task.FAILED)
    expect(page.locator("#tab-failed .n")).to_have_text(str(Task.objects.filter(status=Task.FAILED).count()))
    assert news.pk


def test_the_cursor_stays_on_its_row_and_keys_still_act_on_it(console: Page) -> None:
    tasks = failed(3)
    console.goto("/?status=failed")
    is_live(console)
    console.keyboard.press("j")
    console.keyboard.press("j")
    expect(row(console, tasks[1])).to_have_class("is-cursor")
    bring_news(console)
    expect(row(console, tasks[1])).to_have_class("is-cursor")
    console.keyboard.press("r")
    said(console, "Requeued")
    assert [fresh(task).status for task in tasks] == [Task.FAILED, Task.QUEUED, Task.FAILED]


def test_after_an_action_of_ones_own_the_cursor_goes_to_the_next_row(console: Page) -> None:
    failed_in_group(), failed_in_group(2, fingerprint=OTHER)
    console.goto("/failures/")
    for key in ["j", "r"]:
        console.keyboard.press(key)
    expect(console.get_by_role("dialog")).to_be_visible()
    console.keyboard.press("Enter")
    said(console, "Requeued 1 of 1")
    expect(console.locator("#groups tbody tr")).to_have_count(1)
    expect(console.locator(f"#f-{OTHER}")).to_have_class("is-cursor")


def test_a_row_that_leaves_by_itself_takes_the_cursor_with_it(console: Page) -> None:
    *tasks, first = failed(3)
    console.goto("/?status=failed")
    is_live(console)
    console.keyboard.press("j")
    expect(row(console, first)).to_have_class("is-cursor")
    Task.objects.filter(pk=first.pk).update(status=Task.QUEUED)
    expect(row(console, first)).to_have_count(0)
    console.keyboard.press("r")
    console.keyboard.press("x")
    expect(console.locator("#rows tbody input:checked")).to_have_count(0)
    assert {fresh(task).status for task in tasks} == {Task.FAILED}


def test_all_matching_appears_when_an_open_list_has_grown_beyond_its_page(console: Page) -> None:
    failed(25)
    console.goto("/?status=failed&rows=25")
    is_live(console)
    rows(console).first.get_by_role("checkbox").check()
    expect(console.locator("#matching")).to_have_count(0)
    a_task(Task.FAILED)
    expect(console.locator("#matching summary")).to_have_text("All 26 matching")
    expect(console.locator("[data-selected]")).to_contain_text("1 ticked")
    expect(console.locator("#bulk [data-counts=requeue]")).to_have_text("Requeue 1")


def test_escape_closes_a_menu_and_leaves_what_is_ticked(console: Page) -> None:
    failed(26)
    console.goto("/?status=failed&rows=25")
    rows(console).first.get_by_role("checkbox").check()
    console.locator("#matching summary").click()
    console.keyboard.press("Escape")
    expect(console.locator("#matching")).not_to_have_attribute("open", "")
    expect(console.locator("#rows tbody input:checked")).to_have_count(1)
    console.keyboard.press("Escape")
    expect(console.locator("#rows tbody input:checked")).to_have_count(0)


def test_requeueing_one_row_by_its_own_button_leaves_the_ticks_of_others(console: Page) -> None:
    tasks = failed(3)
    console.goto("/?status=failed")
    row(console, tasks[2]).get_by_role("checkbox").check()
    console.keyboard.press("j")
    row(console, tasks[0]).locator("[data-key=r]").evaluate("button => button.click()")
    said(console, "Requeued")
    expect(row(console, tasks[2]).get_by_role("checkbox")).to_be_checked()
    assert fresh(tasks[2]).status == Task.FAILED


def test_an_answer_leaves_a_dialog_open_that_it_has_nothing_to_do_with(console: Page) -> None:
    a_worker()
    task = a_task(Task.FAILED)
    held: list[Any] = []
    console.route(f"**/tasks/{task.pk}/requeue/", lambda route: held.append(route))
    console.goto("/?status=failed")
    row(console, task).get_by_role("button", name="Requeue").click()
    console.keyboard.press("?")
    console.keyboard.press("Escape")
    expect(console.locator("#keys-help")).to_be_hidden()
    console.evaluate("document.querySelector('#dialog').innerHTML = '<p>typing</p>'")
    console.evaluate("document.querySelector('#dialog').showModal()")
    wait_until(lambda: console.evaluate("1") and held, 10, "the click has been sent")
    held[0].continue_()
    said(console, "Requeued")
    expect(console.locator("#dialog")).to_be_visible()


def test_an_update_that_is_older_than_ones_own_action_is_dropped(console: Page) -> None:
    task = a_task(Task.FAILED)
    console.goto("/?status=failed")
    is_live(console)
    held: list[Any] = []

    def hold(route: Route) -> None:
        response = route.fetch()
        held.append((route, response))

    console.route("**/*live=1*", hold)
    a_task(Task.FAILED)
    console.wait_for_event("request", lambda request: "live=1" in request.url)
    row(console, task).get_by_role("button", name="Requeue").click()
    said(console, "Requeued")
    expect(row(console, task).get_by_role("button", name="Undo")).to_be_visible()
    wait_until(lambda: console.evaluate("1") and held, 10, "the older answer has come")
    route, response = held[0]
    with console.expect_response(lambda response: "live=1" in response.url):
        route.fulfill(response=response)
    console.unroute("**/*live=1*")
    expect(row(console, task).locator("[data-key=r]")).to_have_count(0)


def test_a_tab_that_comes_back_is_not_live_before_it_has_an_answer(console: Page) -> None:
    a_task()
    console.goto("/")
    is_live(console)
    console.clock.install()
    console.goto("/")
    is_live(console)
    console.route("**/*live=1*", lambda route: None)
    console.clock.run_for(60_000)
    expect(console.locator("#connection [data-word]")).to_have_text("Late")
    ask_now(console)
    expect(console.locator("#connection [data-word]")).to_have_text("Late")


def test_arrow_keys_pass_over_the_options_of_a_filter_and_enter_applies(console: Page) -> None:
    a_task(Task.FAILED)
    console.goto("/")
    before, select = console.url, console.locator("#time")
    select.focus()
    for _ in range(2):
        console.keyboard.press("ArrowDown")
    expect(console.locator("#filters .apply")).to_be_visible()
    assert console.url == before
    chosen = select.input_value()
    console.keyboard.press("Enter")
    console.wait_for_url(f"**time={chosen}*")
    expect(console.locator("#time")).to_be_focused()


def test_the_summary_of_a_group_is_copied(signed_in: SignIn) -> None:
    page = signed_in(permissions=["clipboard-read", "clipboard-write"])
    task = failed_in_group()
    page.goto(f"/failures/{task.fingerprint}/")
    page.get_by_role("button", name="Copy summary").click()
    expect(page.locator("#verdict")).to_have_text("Copied")
    assert MARKDOWN.match(page.evaluate("navigator.clipboard.readText()"))


def test_text_is_copied_where_a_page_has_no_clipboard(signed_in: SignIn) -> None:
    page = signed_in()
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    task = failed_in_group()
    page.goto(f"/failures/{task.fingerprint}/")
    page.get_by_role("button", name="Copy summary").click()
    expect(page.locator("#verdict")).to_have_text("Copied")
    page.goto("/")
    page.locator("#q").focus()
    page.keyboard.press("Control+V")
    expect(page.locator("#q")).to_have_value(MARKDOWN)
