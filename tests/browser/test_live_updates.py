from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from django_simple_queue.models import Task
from tests.browser.conftest import SignIn
from tests.browser.look import is_live, next_poll, row, rows, said
from tests.browser.site import Site
from tests.dashboard.queue import a_task, a_worker
from tests.support.waiting import wait_until

COUNT_SWAPS = """window.swaps = 0;
document.addEventListener('htmx:after:swap', event => { window.swaps += event.detail.ctx.swap !== 'none' })"""
HIDE = "hidden => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true }); \
document.dispatchEvent(new Event('visibilitychange')); }"


def word(page: Page, expected: str, **options: float) -> None:
    expect(page.locator("#connection [data-word]")).to_have_text(expected, **options)


def pause(page: Page) -> None:
    page.keyboard.press("p")
    word(page, "Paused")


def test_rows_change_by_themselves(console: Page) -> None:
    a_worker()
    task = a_task()
    console.goto("/")
    expect(row(console, task).locator(".state")).to_have_text("Queued")
    Task.objects.filter(pk=task.pk).update(status=Task.COMPLETED)
    expect(row(console, task).locator(".state")).to_have_text("Completed")
    expect(console.locator("#tab-completed .n")).to_have_text("1")


def test_a_poll_that_is_refused_makes_no_list_fresh(console: Page) -> None:
    a_task()
    console.goto("/")
    is_live(console)
    console.route("**/*live=1*", lambda route: route.fulfill(status=403, body="<p>No.</p>"))
    word(console, "Late", timeout=40_000)


def test_a_question_that_takes_too_long_is_no_outage(console: Page) -> None:
    a_task()
    console.goto("/")
    is_live(console)
    slow = {"X-Too-Slow": "1"}
    console.route("**/*live=1*", lambda route: route.fulfill(status=503, headers=slow, body="<p>No.</p>"))
    with console.expect_response("**/*live=1*"):
        pass
    word(console, "Live")
    word(console, "Late", timeout=40_000)


def test_suggestions_that_the_server_refuses_are_no_outage(console: Page) -> None:
    a_task()
    console.goto("/")
    is_live(console)
    pause(console)
    console.route("**/suggestions/**", lambda route: route.fulfill(status=503, body=""))
    with console.expect_response(lambda response: "suggestions" in response.url):
        console.locator("#q").press_sequentially("sta")
    word(console, "Paused")


def test_suggestions_and_dialogs_make_no_list_fresh(console: Page) -> None:
    a_task(Task.FAILED)
    console.goto("/?status=failed")
    is_live(console)
    pause(console)
    before = shown_at(console)
    a_later_second(console)
    console.locator("#q").press_sequentially("stat")
    expect(console.get_by_role("option").first).to_be_visible()
    assert shown_at(console) == before


def a_later_second(page: Page) -> None:
    later = page.evaluate("Math.floor(Date.now() / 1000) + 2")
    wait_until(lambda: page.evaluate("Date.now() / 1000") > later, 10, "a later second")


def shown_at(page: Page) -> str | None:
    return page.locator("#connection time").get_attribute("datetime")


def test_a_list_that_may_not_be_seen_any_more_gets_late(signed_in: SignIn) -> None:
    page = signed_in("eva", "view_task")
    a_task()
    page.goto("/")
    is_live(page)
    answers: list[int] = []
    page.on("response", lambda response: answers.append(response.status) if "live=1" in response.url else None)
    User.objects.get(username="eva").user_permissions.clear()
    said(page, "You lack the permission")
    before = shown_at(page)
    word(page, "Late", timeout=25_000)
    assert answers.count(403) == 1
    assert shown_at(page) == before


def test_the_page_of_a_task_that_was_removed_gets_late(console: Page) -> None:
    task = a_task(Task.PROGRESS, worker=a_worker().pk)
    console.goto(f"/tasks/{task.pk}/")
    is_live(console)
    Task.objects.filter(pk=task.pk).delete()
    said(console, "It may have been deleted")
    word(console, "Late", timeout=25_000)


def test_a_question_makes_no_list_fresh(console: Page) -> None:
    for _ in range(26):
        a_task(Task.FAILED)
    console.goto("/?status=failed&rows=25")
    is_live(console)
    rows(console).first.get_by_role("checkbox").check()
    pause(console)
    before = shown_at(console)
    a_later_second(console)
    console.locator("#matching summary").click()
    console.get_by_role("button", name="Requeue all matching").click()
    expect(console.get_by_role("dialog")).to_contain_text("Requeue 26 tasks?")
    assert shown_at(console) == before


def test_a_click_that_is_refused_does_not_stop_the_updates(console: Page) -> None:
    task, other = a_task(Task.FAILED), a_task(Task.FAILED)
    console.goto("/?status=failed")
    is_live(console)
    aside = {"HX-Retarget": "#outcome", "HX-Reswap": "innerHTML"}
    console.route("**/requeue/", lambda route: route.fulfill(status=403, headers=aside, body="<p>No.</p>"))
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
    expect(console.locator("[data-selected]")).to_have_text("1 selected")
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


def test_a_server_that_stops_is_said_and_found_again(signed_in: SignIn, site: Site) -> None:
    page = visitor_of(signed_in, site)
    page.goto("/?status=failed")
    is_live(page)
    site.stop()
    word(page, "Offline", timeout=20_000)
    expect(page.locator("#connection")).to_contain_text("retry in")
    expect(rows(page)).to_have_count(1)
    site.start()
    word(page, "Live", timeout=40_000)


def test_a_click_without_a_server_says_that_nothing_is_known(signed_in: SignIn, site: Site) -> None:
    page = visitor_of(signed_in, site)
    page.goto("/?status=failed")
    pause(page)
    site.stop()
    page.get_by_role("button", name="Requeue").first.click()
    expect(page.locator("#outcome")).to_contain_text("No answer from the server")


def test_a_database_that_is_away_is_said_and_found_again(signed_in: SignIn, site: Site) -> None:
    page = visitor_of(signed_in, site)
    page.goto("/?status=failed")
    is_live(page)
    site.take_database_away()
    word(page, "Offline", timeout=20_000)
    response = page.goto("/?status=failed")
    assert response and response.status == 503
    expect(page.get_by_role("heading")).to_have_text("The database does not answer")
    site.bring_database_back()
    expect(rows(page)).to_have_count(1, timeout=20_000)
    word(page, "Live")


def visitor_of(signed_in: SignIn, site: Site) -> Page:
    a_task(Task.FAILED)
    page = signed_in("ada", base_url=site.url)
    site.open()
    return page


def test_late_numbers_are_said_and_acting_on_many_asks_for_a_refresh_first(console: Page) -> None:
    task = a_task(Task.FAILED)
    console.goto("/?status=failed")
    is_live(console)
    row(console, task).get_by_role("checkbox").check()
    console.route("**/*live=1*", lambda route: None)
    word(console, "Late", timeout=30_000)
    console.get_by_role("toolbar").get_by_role("button", name="Requeue").click()
    expect(console.locator("#outcome")).to_contain_text("refresh", ignore_case=True)
    assert Task.objects.get(pk=task.pk).status == Task.FAILED
