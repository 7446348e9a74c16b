from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from django_simple_queue.models import Task
from tests.browser.conftest import SignIn
from tests.browser.look import audited, fresh, row, said, shows_only, state
from tests.browser.test_enqueueing import enqueue
from tests.browser.test_signing_in import fill_in
from tests.dashboard.people import operator
from tests.dashboard.queue import CHARGE, a_task, a_worker
from tests.support.browser import NewPage


@pytest.fixture
def plain(signed_in: SignIn) -> Page:
    return signed_in("ada", java_script_enabled=False)


def test_sign_in_and_filter(new_page: NewPage) -> None:
    operator("ada", superuser=True)
    failed, queued = a_task(Task.FAILED, task=CHARGE), a_task()
    page = new_page(java_script_enabled=False)
    page.goto("/")
    fill_in(page, "ada", "ada")
    shows_only(page, failed, queued)
    page.get_by_label("Search id").fill("CardDeclined")
    page.get_by_role("button", name="Apply").click()
    shows_only(page, failed)
    page.get_by_role("link", name="Remove filter text CardDeclined").click()
    page.get_by_role("navigation", name="Status").get_by_role("link", name="Queued").click()
    shows_only(page, queued)
    expect(page.locator("#connection [data-word]")).to_have_text("Not live")


def test_nothing_is_said_to_wait_on_a_page_that_is_not_live(plain: Page, console: Page) -> None:
    a_task()
    for page, visible in ((plain, False), (console, True)):
        page.goto("/")
        expect(page.locator("#new-row")).to_contain_text("Newest first.")
        expect(page.get_by_text("New tasks wait here")).to_be_visible(visible=visible)


def test_requeue_and_undo(plain: Page) -> None:
    task = a_task(Task.FAILED)
    plain.goto("/?status=failed")
    row(plain, task).get_by_role("button", name="Requeue").click()
    said(plain, "Requeued send_email")
    assert plain.url.endswith("/?status=failed")
    plain.locator("#outcome").get_by_role("button", name="Undo").click()
    said(plain, "as before")
    assert fresh(task).status == Task.FAILED


def test_ticked_rows(plain: Page) -> None:
    tasks = [a_task(Task.FAILED) for _ in range(3)]
    plain.goto("/?status=failed")
    for task in tasks[:2]:
        row(plain, task).get_by_role("checkbox").check()
    plain.get_by_role("toolbar").get_by_role("button", name="Requeue").click()
    said(plain, "Requeued 2 of 2")
    assert [fresh(task).status for task in tasks] == [Task.QUEUED, Task.QUEUED, Task.FAILED]


@pytest.mark.parametrize("where", ["tbody [name=ids]", "#select-all"])
def test_enter_on_a_box_starts_nothing(plain: Page, where: str) -> None:
    tasks = [a_task(Task.FAILED, age=age) for age in range(2)]
    plain.goto("/?status=failed")
    row(plain, tasks[0]).get_by_role("checkbox").check()
    plain.locator(where).first.press("Enter")
    expect(row(plain, tasks[0]).get_by_role("checkbox")).to_be_checked()
    plain.get_by_role("link", name="Workers").first.click()
    expect(plain.get_by_role("heading", name="Workers", level=1)).to_be_visible()
    assert {fresh(task).status for task in tasks} == {Task.FAILED}
    assert not audited("requeue")


def test_enqueue_with_a_mistake_first(plain: Page) -> None:
    plain.goto("/enqueue/")
    plain.get_by_role("link", name="two_arguments").click()
    plain.get_by_role("button", name="JSON").click()
    enqueue(plain, '{"first": 1,}')
    expect(plain.locator("#args-e")).to_be_visible()
    expect(plain.get_by_role("textbox", name="Arguments")).to_have_value('{"first": 1,}')
    enqueue(plain, '{"first": 1, "second": 2}')
    said(plain, "Enqueued two_arguments")
    assert Task.objects.get().task == "tests.tasks.two_arguments"


def test_cancel_a_queued_task(plain: Page) -> None:
    task = a_task()
    plain.goto(f"/tasks/{task.pk}/")
    plain.get_by_role("button", name="Cancel").click()
    state(plain, "Cancelled")
    assert fresh(task).status == Task.CANCELLED


def test_stop_a_running_task_after_a_question_on_a_page_of_its_own(plain: Page) -> None:
    task = a_task(Task.PROGRESS, worker=a_worker().pk)
    plain.goto(f"/tasks/{task.pk}/")
    plain.get_by_role("button", name="Stop task").click()
    expect(plain.get_by_role("heading", name="Stop send_email")).to_be_visible()
    plain.get_by_role("link", name="Keep as is").click()
    assert not audited("cancel")
    plain.get_by_role("button", name="Stop task").click()
    plain.get_by_role("button", name="Stop task").click()
    state(plain, "Stopping")
    assert fresh(task).cancel_requested


def test_workers_and_activity(plain: Page) -> None:
    a_worker()
    plain.goto("/workers/")
    expect(plain.get_by_role("table", name="Workers")).to_contain_text("web-1")
    plain.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name="Activity").click()
    expect(plain.get_by_role("heading", name="Nobody has done anything yet")).to_be_visible()
