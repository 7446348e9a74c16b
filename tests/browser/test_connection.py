"""What a page says of its connection (live, paused, late, offline), and what makes no list fresh."""

from __future__ import annotations

from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from django_simple_queue.models import Task
from tests.browser.conftest import SignIn
from tests.browser.look import is_live, pause, row, rows, said, word
from tests.browser.site import Site
from tests.dashboard.queue import a_task, a_worker
from tests.support.waiting import wait_until


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
    console.route("**/suggestions/**", lambda route: route.fulfill(status=503, body=""))
    console.goto("/")
    is_live(console)
    pause(console)
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
    said(page, "No answer from the server: it is unknown whether that was done. It is not sent again.")
    said(page, "Only what is shown is asked for again by itself")


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
