from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from django_simple_queue.models import Task
from tests.browser.look import audited, fresh, said, state
from tests.engine.fleet import Fleet, Ledger


def choose(page: Page, name: str) -> None:
    page.goto("/")
    page.get_by_role("link", name="Enqueue e").click()
    page.get_by_role("navigation", name="Tasks").get_by_role("link", name=name).click()
    page.get_by_role("button", name="JSON").click()


def enqueue(page: Page, arguments: str) -> None:
    page.get_by_role("textbox", name="Arguments").fill(arguments)
    page.locator("[data-submit]").click()


def test_a_task_is_enqueued_by_the_form_and_runs_live_to_its_end(console: Page, worker: Fleet) -> None:
    choose(console, "chatty")
    enqueue(console, '{"lines": 2}')
    console.wait_for_url("**/tasks/*/")
    said(console, "Enqueued chatty")
    state(console, "Completed", timeout=20_000)
    expect(console.locator("#log")).to_contain_text("printed 1")
    assert [action.actor for action in audited("enqueue")] == ["ada"]


def test_a_task_fails_and_completes_after_one_click(console: Page, worker: Fleet, ledger: Ledger) -> None:
    choose(console, "fail_until")
    enqueue(console, json.dumps({"ledger": ledger.path, "times": 1}))
    state(console, "Failed", timeout=20_000)
    expect(console.locator("#error .exc")).to_contain_text("ConnectionError: try 1")
    console.get_by_role("button", name="Requeue").click()
    state(console, "Completed", timeout=30_000)
    expect(console.locator("#output")).to_contain_text("succeeded at try 2")
    assert len(ledger.words("try")) == 2


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ('{"first": 1,\n "second": }', "Line 2, column 12"),
        ("[1, 2]", "A JSON object is needed"),
        ('{"first": 1}', "second"),
        ('{"first": 1, "second": 2, "third": 3}', "third"),
        ('{"first": NaN, "second": 2}', "NaN"),
        ('{"first": "</textarea><script>alert(1)</script>", "second": }', "a value is missing"),
    ],
)
def test_wrong_arguments_are_told_at_the_field_and_stay(console: Page, typed: str, told: str) -> None:
    console.goto("/enqueue/?mode=json&task=tests.tasks.two_arguments")
    enqueue(console, typed)
    field = console.get_by_role("textbox", name="Arguments")
    expect(console.locator("#args-e")).to_contain_text(told)
    expect(field).to_have_value(typed)
    expect(field).to_have_attribute("aria-invalid", "true")
    assert not Task.objects.exists()
    enqueue(console, '{"first": 1, "second": 2}')
    said(console, "Enqueued two_arguments")
    assert json.loads(Task.objects.get().args) == {"first": 1, "second": 2}


def test_the_preview_takes_away_what_was_told_of_a_mistake(console: Page) -> None:
    console.goto("/enqueue/?task=tests.tasks.two_arguments")
    console.get_by_role("button", name="JSON").click()
    field = console.get_by_role("textbox", name="Arguments")
    expect(field).not_to_have_attribute("aria-invalid", "true")
    enqueue(console, '{"first": 1}')
    expect(console.locator("#problems")).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    right = '{"first": 1, "second": 2}'
    field.fill(right[:-3])
    console.keyboard.type(right[-3:])
    console.keyboard.press("ArrowLeft")
    expect(console.locator("#preview")).to_contain_text("Arguments fit the signature")
    expect(console.locator("#args-e, #problems, [aria-invalid]")).to_have_count(0)
    expect(field).to_have_accessible_description(re.compile("^A JSON object"))
    assert field.evaluate("field => [field.value, field.selectionStart]") == [right, len(right) - 1]
    expect(field).to_be_focused()


def test_wrong_options_are_told_with_the_options_open(console: Page) -> None:
    console.goto("/enqueue/?mode=json&task=tests.tasks.number")
    console.locator("details.options summary").click()
    console.get_by_label("Priority").fill("1000")
    enqueue(console, '{"value": 5}')
    expect(console.get_by_role("alert")).to_contain_text("Priority")
    expect(console.get_by_label("Priority")).to_have_value("1000")
    expect(console.get_by_role("textbox", name="Arguments")).to_have_value('{"value": 5}')
    assert not Task.objects.exists()


def test_a_form_that_is_sent_twice_makes_one_task(console: Page) -> None:
    console.goto("/enqueue/?mode=json&task=tests.tasks.number")
    console.get_by_role("textbox", name="Arguments").fill('{"value": 7}')
    console.locator("[data-submit]").dblclick()
    console.wait_for_url("**/tasks/*/")
    said(console, "number")
    assert Task.objects.count() == 1


def test_a_task_with_a_time_waits_for_it(console: Page) -> None:
    console.goto("/enqueue/?mode=json&task=tests.tasks.number")
    console.locator("details.options summary").click()
    console.get_by_label("Run after").fill("2099-12-31T23:59:00")
    enqueue(console, "{}")
    state(console, "Scheduled")
    task = Task.objects.get()
    assert (fresh(task).due, task.run_after.year) == (False, 2099)


def test_opened_options_stay_open_and_their_summary_follows(console: Page) -> None:
    console.goto("/enqueue/?mode=json&task=tests.tasks.number")
    options = console.locator("details.options")
    options.locator("summary").click()
    console.get_by_role("button", name="Preview").click()
    expect(options).to_have_attribute("open", "")
    console.get_by_label("Attempts").fill("3")
    console.get_by_label("Attempts").press("Tab")
    expect(console.locator("#options-said")).to_contain_text("3 attempts")


def test_a_time_with_its_seconds_has_room(console: Page) -> None:
    console.set_viewport_size({"width": 1440, "height": 900})
    console.goto("/enqueue/?task=tests.tasks.number")
    console.locator("details.options summary").click()
    room = console.get_by_label("Run after").evaluate("field => field.clientWidth")
    asked = console.get_by_label("Run after").evaluate("""field => {
        field.style.inlineSize = "max-content";
        return field.clientWidth;
    }""")
    assert room >= asked
