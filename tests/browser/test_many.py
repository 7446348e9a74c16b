"""Acting on all that matches, in a real browser: the question, the progress, Stop, Undo with its remainder, export."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from dashboard import many, preflight
from django_simple_queue.models import OperatorAction, Task
from django_simple_queue.models.audit import background, perform
from tests.browser.conftest import SignIn
from tests.browser.look import fresh, past_guard, rows, said, undo
from tests.dashboard.queue import CHARGE, a_task, a_worker
from tests.support.waiting import wait_until

THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SIDEWAYS = "document.documentElement.scrollWidth > innerWidth"


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than twenty rows are left to the workers."""
    monkeypatch.setattr(many, "MAX_ROWS", 20)
    monkeypatch.setattr(preflight, "MAX_ROWS", 20)


def failed(count: int) -> list[Task]:
    return [a_task(Task.FAILED, age=100 + age) for age in range(count)]


def ask_for_all(page: Page, query: str = "status=failed&rows=25") -> None:
    page.goto(f"/?{query}")
    rows(page).first.get_by_role("checkbox").check()
    page.locator("#matching summary").click()
    page.get_by_role("button", name="Requeue all matching").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def confirm(page: Page, name: str = "Requeue") -> None:
    page.get_by_role("dialog").get_by_role("button", name=name).click()


def running() -> OperatorAction:
    return wait_until(lambda: OperatorAction.objects.filter(state="running").first(), 10, "an action runs")


def workers_do_the_rest() -> None:
    while background.drive():
        pass


def test_all_matching_are_requeued_in_the_request_when_they_are_few(console: Page) -> None:
    tasks = failed(30)
    ask_for_all(console)
    dialog = console.get_by_role("dialog")
    expect(dialog).to_contain_text("Requeue 30 tasks?")
    expect(dialog.get_by_label("Reason")).to_be_focused()
    dialog.get_by_label("Reason").fill("gateway is back")
    console.keyboard.press("Enter")
    said(console, "Requeued 30 of 30.")
    expect(dialog).to_be_hidden()
    assert {fresh(task).status for task in tasks} == {Task.QUEUED}
    assert OperatorAction.objects.get().reason == "gateway is back"
    undo(console.locator("#outcome").get_by_role("button", name="Undo"))
    said(console, "30 tasks are as before")
    assert {fresh(task).status for task in tasks} == {Task.FAILED}


def test_the_question_is_left_without_a_change(console: Page) -> None:
    tasks = failed(26)
    ask_for_all(console)
    console.keyboard.press("Escape")
    expect(console.get_by_role("dialog")).to_be_hidden()
    assert {fresh(task).status for task in tasks} == {Task.FAILED}


def test_many_are_watched_stopped_and_undone_with_a_remainder(few: None, console: Page) -> None:
    tasks = failed(40)
    ask_for_all(console)
    confirm(console)
    console.wait_for_url("**/activity/*/")
    expect(console.get_by_role("heading", level=1)).to_contain_text("ada is requeueing 40 tasks")
    expect(console.locator("#action-head")).to_contain_text("No worker is running")
    action = running()
    background.go_on(action.pk, "", 30)
    a_worker()
    expect(console.locator("#action-head")).to_contain_text("30 of 40")
    expect(console.locator("#action-head progress")).to_have_attribute("value", "30")
    console.get_by_role("button", name="Stop").click()
    said(console, "Stopped. What is done stays done")
    expect(console.locator("#outcomes")).to_contain_text("10 not reached")
    Task.objects.filter(pk=tasks[-1].pk).update(status=Task.PROGRESS, epoch=9)
    undo(console.get_by_role("button", name="Undo 30"))
    said(console, "Undone 29; 1 had already started.")
    expect(console.locator("#outcomes")).to_contain_text("had already started")


def test_mixed_outcomes_lead_to_their_tasks(few: None, console: Page, settings: object) -> None:
    failed(28)
    once = a_task(Task.FAILED, task=CHARGE)
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {  # type: ignore[attr-defined]
        **settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS,  # type: ignore[attr-defined]
        CHARGE: {"rerun": "never"},
    }
    ask_for_all(console)
    expect(console.get_by_role("dialog")).to_contain_text("1 is never to be repeated and will be left alone")
    confirm(console, "Requeue 28")
    console.wait_for_url("**/activity/*/")
    workers_do_the_rest()
    expect(console.get_by_role("heading", level=1)).to_contain_text("requeued 28 tasks")
    console.get_by_role("link", name="never to be repeated").click()
    expect(console.locator("#action-tasks li")).to_have_count(1)
    expect(console.locator("#action-tasks")).to_contain_text(str(once.pk)[-8:])


def test_what_somebody_else_has_done_meanwhile_is_told(console: Page) -> None:
    tasks = failed(30)
    console.goto("/?status=failed&rows=25")
    console.keyboard.press("p")
    rows(console).first.get_by_role("checkbox").check()
    perform("requeue", Task.objects.filter(pk__in=[task.pk for task in tasks[:4]]), "omar")
    console.locator("#matching summary").click()
    console.get_by_role("button", name="Requeue all matching").click()
    expect(console.get_by_role("dialog")).to_contain_text("4 were already requeued by omar")
    confirm(console, "Requeue 26")
    said(console, "Requeued 26 of 30: 4 already requeued by omar.")


def test_an_undo_is_not_hit_by_a_double_click(few: None, console: Page) -> None:
    failed(30)
    ask_for_all(console)
    confirm(console)
    console.wait_for_url("**/activity/*/")
    workers_do_the_rest()
    button = console.get_by_role("button", name="Undo 30")
    button.wait_for()
    past_guard(console)
    button.dblclick(delay=20)
    said(console, "30 tasks are as before")
    assert OperatorAction.objects.get().undo_outcomes == {"restored": 30}


def test_the_list_is_downloaded(console: Page, tmp_path: Path) -> None:
    failed(3)
    console.goto("/?status=failed")
    console.get_by_role("link", name="Export").click()
    dialog = console.get_by_role("dialog")
    expect(dialog).to_contain_text("Export 3 tasks")
    with console.expect_download() as download:
        dialog.get_by_role("button", name="Download").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.name.startswith("tasks-failed-")
    assert len(list(csv.DictReader(file.read_text("utf-8-sig").splitlines()))) == 3


def test_without_scripts_the_same_by_forms(few: None, signed_in: SignIn) -> None:
    failed(30)
    page = signed_in(java_script_enabled=False)
    page.goto("/?status=failed&rows=25")
    rows(page).first.get_by_role("checkbox").check()
    page.locator("#matching summary").click()
    page.get_by_role("button", name="Requeue all matching").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("Requeue 30 tasks?")
    page.get_by_label("Reason").fill("by hand")
    page.get_by_role("button", name="Requeue 30").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("is requeueing 30 tasks")
    page.get_by_role("button", name="Stop").click()
    said(page, "Stopped")
    assert OperatorAction.objects.get().state == "aborted"


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_sticks_out_and_targets_are_big_enough(few: None, signed_in: SignIn, width: int) -> None:
    failed(30)
    page = signed_in(viewport={"width": width, "height": 900}, has_touch=width < 600)
    ask_for_all(page)
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        box = page.locator("#dialog").bounding_box()
        assert box
        for button in page.locator("#dialog footer .btn").all():
            place = button.bounding_box()
            assert place
            assert place["x"] >= box["x"]
            assert place["x"] + place["width"] <= box["x"] + box["width"]
    confirm(page)
    page.wait_for_url("**/activity/*/")
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        assert not page.evaluate(SIDEWAYS)
        stop = page.get_by_role("button", name="Stop").bounding_box()
        assert stop
        assert width > 600 or stop["height"] >= 44
