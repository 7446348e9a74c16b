from __future__ import annotations

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from django_simple_queue.models import Task
from tests.browser.conftest import SignIn
from tests.browser.look import is_live, row, shows_only
from tests.dashboard.people import operator
from tests.dashboard.queue import CHARGE, a_task


def fill_in(page: Page, name: str, password: str) -> None:
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_an_operator_signs_in_and_lands_where_they_wanted(page: Page) -> None:
    operator("ada", superuser=True)
    task = a_task(Task.FAILED)
    page.goto("/?status=failed&queue=default")
    expect(page).to_have_title("Sign in · Simple Queue")
    expect(page.get_by_label("Username")).to_be_focused()
    fill_in(page, "ada", "ada")
    page.wait_for_url("**/?status=failed&queue=default")
    shows_only(page, task)


def test_a_wrong_password_is_said_and_the_name_stays(page: Page) -> None:
    operator("ada", superuser=True)
    page.goto("/")
    fill_in(page, "ada", "not it")
    expect(page.get_by_role("alert")).to_contain_text("correct username and password")
    expect(page.get_by_label("Username")).to_have_value("ada")
    fill_in(page, "ada", "ada")
    expect(page.get_by_role("heading", name="Tasks", exact=True)).to_be_visible()


def test_a_login_that_ends_during_live_updates_leads_to_the_login_and_back(console: Page) -> None:
    failed, other = a_task(Task.FAILED, task=CHARGE), a_task(Task.FAILED)
    console.goto(f"/?status=failed&task={CHARGE}")
    is_live(console)
    Session.objects.all().delete()
    console.wait_for_url("**/login/?next=*")
    fill_in(console, "ada", "ada-has-a-session-only")
    expect(console.get_by_role("alert")).to_be_visible()
    fill_in(console, "ada", "ada")
    console.wait_for_url(f"**/?status=failed&task={CHARGE}")
    shows_only(console, failed)
    expect(row(console, other)).to_have_count(0)


def test_a_login_that_ends_before_a_click_does_nothing_and_comes_back(console: Page) -> None:
    task = a_task(Task.FAILED)
    console.goto("/?status=failed")
    console.locator("#connection summary").click()
    console.get_by_label("Paused").check()
    Session.objects.all().delete()
    row(console, task).get_by_role("button", name="Requeue").click()
    console.wait_for_url("**/login/?next=*")
    fill_in(console, "ada", "ada")
    console.wait_for_url("**/?status=failed")
    assert Task.objects.get(pk=task.pk).status == Task.FAILED


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_login_that_ends_while_somebody_types_keeps_what_was_typed(signed_in: SignIn, script: bool) -> None:
    page = signed_in("ada", java_script_enabled=script)
    page.goto("/enqueue/?task=tests.tasks.two_arguments")
    first, second = (page.locator(f"[id='f-a.{name}']") for name in ("first", "second"))
    first.fill("41")
    Session.objects.all().delete()
    second.fill("one")
    second.press("Tab")
    if script:
        expect(page.locator("#outcome")).to_contain_text("Your session has ended. What you typed stays here")
    page.locator("[data-submit]").click()
    expect(page.get_by_text("what you typed is back once you have signed in")).to_be_visible()
    fill_in(page, "ada", "ada")
    if not script:
        page.get_by_role("button", name="Back to the form").click()
    expect(first).to_have_value("41")
    expect(second).to_have_value("one")
    assert not Task.objects.exists()


def test_that_the_session_has_ended_is_said_once_however_long_one_types_on(console: Page) -> None:
    console.goto("/enqueue/?task=tests.tasks.two_arguments")
    Session.objects.all().delete()
    first = console.locator("[id='f-a.first']")
    first.fill("4")
    expect(console.locator("#outcome")).to_contain_text("Your session has ended")
    console.evaluate("""() => {
        window.said = 0;
        const note = changes => { window.said += changes.filter(each => each.addedNodes.length).length; };
        new MutationObserver(note).observe(document.querySelector("#outcome"), { childList: true, subtree: true });
        document.addEventListener("htmx:after:swap", () => { window.answered = true; });
    }""")
    first.press_sequentially("1")
    console.wait_for_function("() => window.answered")
    assert console.evaluate("window.said") == 0


def test_signing_out_closes_the_console(console: Page) -> None:
    console.goto("/")
    console.locator("summary", has_text="ada, your account").click()
    console.locator(".topbar").get_by_role("button", name="Sign out").click()
    expect(console).to_have_title("Sign in · Simple Queue")
    console.goto("/")
    expect(console).to_have_title("Sign in · Simple Queue")


def test_what_one_has_ticked_is_not_ticked_for_who_signs_in_after(console: Page) -> None:
    operator("omar", superuser=True)
    task = a_task(Task.FAILED)
    console.goto("/?status=failed")
    row(console, task).get_by_role("checkbox").check()
    expect(console.locator("[data-selected]")).to_have_text("1 ticked")
    console.locator("summary", has_text="ada, your account").click()
    console.locator(".topbar").get_by_role("button", name="Sign out").click()
    fill_in(console, "omar", "omar")
    console.goto("/?status=failed")
    is_live(console)
    expect(row(console, task).get_by_role("checkbox")).not_to_be_checked()


@pytest.mark.parametrize("address", ["/", "/enqueue/", "/workers/", "/activity/"])
def test_who_is_no_operator_is_told_what_is_missing(signed_in: SignIn, address: str) -> None:
    operator("visitor", staff=False)
    page = signed_in("visitor")
    response = page.goto(address)
    assert response and response.status == 403
    expect(page.locator("main")).to_contain_text("staff status")
