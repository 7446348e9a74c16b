"""A page changes by itself, and leaves alone what its reader is doing."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from django_simple_queue.models import Task
from tests.browser.look import is_live, next_poll, pause, row, rows, said, word
from tests.dashboard.queue import a_task, a_worker
from tests.support.waiting import wait_until

COUNT_SWAPS = """window.swaps = 0;
document.addEventListener('htmx:after:swap', event => { window.swaps += event.detail.ctx.swap !== 'none' })"""
HIDE = "hidden => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true }); \
document.dispatchEvent(new Event('visibilitychange')); }"


def test_rows_change_by_themselves(console: Page) -> None:
    a_worker()
    task = a_task()
    console.goto("/")
    expect(row(console, task).locator(".state")).to_have_text("Queued")
    Task.objects.filter(pk=task.pk).update(status=Task.COMPLETED)
    expect(row(console, task).locator(".state")).to_have_text("Completed")
    expect(console.locator("#tab-completed .n")).to_have_text("1")


def test_a_click_that_is_refused_does_not_stop_the_updates(console: Page) -> None:
    task, other = a_task(Task.FAILED), a_task(Task.FAILED)
    aside = {"HX-Retarget": "#outcome", "HX-Reswap": "innerHTML"}
    console.route("**/requeue/", lambda route: route.fulfill(status=403, headers=aside, body="<p>No.</p>"))
    console.goto("/?status=failed")
    is_live(console)
    row(console, task).get_by_role("button", name="Requeue").click()
    said(console, "No.")
    Task.objects.filter(pk=other.pk).update(status=Task.COMPLETED)
    expect(row(console, other)).to_have_count(0)


def test_new_rows_wait_behind_a_link(console: Page) -> None:
    task = a_task()
    console.goto("/")
    fresh = a_task(age=0)
    expect(console.locator("#new")).to_contain_text("1 new")
    expect(rows(console)).to_have_count(1)
    console.locator("#new").click()
    expect(rows(console)).to_have_count(2)
    expect(row(console, fresh)).to_be_visible()
    expect(row(console, task)).to_be_visible()


@pytest.mark.ability(8)
def test_an_update_keeps_ticked_rows_and_scroll(console: Page) -> None:
    tasks = [a_task(Task.FAILED, age=age) for age in range(40)]
    console.goto("/?status=failed&rows=50")
    ticked, changed = row(console, tasks[3]), row(console, tasks[5])
    ticked.get_by_role("checkbox").check()
    console.evaluate("scrollTo(0, 240)")
    Task.objects.filter(pk=tasks[5].pk).update(status=Task.COMPLETED)
    expect(changed).to_have_count(0)
    expect(ticked.get_by_role("checkbox")).to_be_checked()
    expect(console.locator("[data-selected]")).to_have_text("1 ticked")
    assert console.evaluate("scrollY") == 240


@pytest.mark.ability(8)
def test_an_update_keeps_a_half_typed_search(console: Page) -> None:
    task, other = a_task(Task.FAILED), a_task(Task.FAILED)
    console.goto("/?status=failed")
    field = console.get_by_label("Search id")
    field.press_sequentially("half a wo")
    Task.objects.filter(pk=task.pk).update(status=Task.COMPLETED)
    expect(row(console, task)).to_have_count(0)
    expect(row(console, other)).to_be_visible()
    expect(field).to_be_focused()
    console.keyboard.type("rd")
    expect(field).to_have_value("half a word")


@pytest.mark.ability(8)
def test_an_update_keeps_selected_text_and_open_details(console: Page) -> None:
    a_worker()
    task = a_task(Task.FAILED, args='{"deep": {"inner": [1, 2]}}', error="ValueError: x")
    console.goto(f"/tasks/{task.pk}/")
    inner = console.locator("#arguments details").first
    inner.locator("summary").first.click()
    expect(inner).not_to_have_attribute("open", "")
    console.evaluate("getSelection().selectAllChildren(document.querySelector('#error .exc'))")
    chosen = console.evaluate("getSelection().toString()")
    Task.objects.filter(pk=task.pk).update(output="changed by now")
    Task.objects.filter(pk=task.pk).update(status=Task.CANCELLED)
    expect(console.locator("#task-head .status")).to_have_text("Cancelled")
    expect(inner).not_to_have_attribute("open", "")
    assert "ValueError" in chosen
    assert console.evaluate("getSelection().toString()") == chosen


@pytest.mark.ability(8)
def test_an_update_keeps_focus_on_a_button(console: Page) -> None:
    task, other = a_task(Task.FAILED), a_task(Task.FAILED)
    console.goto("/?status=failed")
    button = row(console, task).get_by_role("button", name="Requeue")
    button.focus()
    Task.objects.filter(pk=other.pk).update(status=Task.COMPLETED)
    expect(row(console, other)).to_have_count(0)
    expect(button).to_be_focused()


def test_an_unchanged_page_is_answered_with_304_and_left_alone(console: Page) -> None:
    a_worker()
    a_task(Task.COMPLETED)
    console.goto("/?status=completed")
    console.evaluate(COUNT_SWAPS)
    answers: list[int] = []
    console.on("response", lambda response: answers.append(response.status) if "live=1" in response.url else None)
    for _ in range(10):
        with next_poll(console) as poll:
            pass
        if poll.value.status == 304:
            break
    assert answers[-1] == 304, answers
    assert console.evaluate("window.swaps") == answers.count(200)
    word(console, "Live")


def test_p_pauses_and_goes_on(console: Page) -> None:
    console.goto("/")
    is_live(console)
    pause(console)
    task = a_task()
    console.keyboard.press("p")
    word(console, "Live")
    expect(row(console, task)).to_be_visible()


def test_a_paused_page_stays_paused_after_a_reload(console: Page) -> None:
    console.goto("/")
    is_live(console)
    pause(console)
    console.reload()
    word(console, "Paused")


@pytest.mark.ability(9)
def test_a_hidden_tab_does_not_ask(console: Page) -> None:
    asked: list[str] = []
    console.goto("/")
    is_live(console)
    with next_poll(console):
        pass
    console.evaluate(HIDE, True)
    console.on("request", lambda request: asked.append(request.url))
    ticks = "new Promise(done => { let left = 5; setInterval(() => { left -= 1; if (!left) done(); }, 1000); })"
    console.evaluate(ticks)
    assert asked == []
    console.evaluate(HIDE, False)
    wait_until(lambda: console.evaluate("1") and asked, 10, "the page asks again")
