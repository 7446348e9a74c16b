"""When an update takes away what has the focus, the focus goes to what is nearest, and to no other row's button."""

from __future__ import annotations

from playwright.sync_api import APIResponse, Locator, Page, Route, expect

from django_simple_queue.models import QueuePause, Task
from tests.browser.look import is_live, next_poll, row
from tests.browser.test_fleet_and_failures import KIND, failed
from tests.browser.test_focus import OTHER, press
from tests.dashboard.queue import a_task, a_worker
from tests.support.waiting import wait_until


def focused(page: Page, wanted: Locator) -> Locator:
    is_live(page)
    wanted.focus()
    expect(wanted).to_be_focused()
    return wanted


def becomes(task: Task, status: int) -> None:
    Task.objects.filter(pk=task.pk).update(status=status)


def test_the_row_goes_on_with_its_next_action(console: Page) -> None:
    a_worker()
    task = a_task(Task.FAILED)
    console.goto("/")
    focused(console, row(console, task).get_by_role("button", name="Requeue"))
    becomes(task, Task.QUEUED)
    expect(row(console, task).get_by_role("button", name="Cancel")).to_be_focused()


def test_a_row_without_an_action_keeps_the_focus_on_its_link(console: Page) -> None:
    a_worker()
    task = a_task(Task.FAILED)
    console.goto("/")
    focused(console, row(console, task).get_by_role("button", name="Requeue"))
    becomes(task, Task.COMPLETED)
    expect(row(console, task).locator("a.task")).to_be_focused()


def test_when_the_row_leaves_the_next_rows_link_has_the_focus(console: Page) -> None:
    below, task = a_task(Task.FAILED, age=20), a_task(Task.FAILED, age=10)
    console.goto("/?status=failed")
    focused(console, row(console, task).get_by_role("button", name="Requeue"))
    becomes(task, Task.COMPLETED)
    expect(row(console, task)).to_have_count(0)
    expect(row(console, below).locator("a.task")).to_be_focused()


def test_when_the_last_row_leaves_the_tab_has_the_focus(console: Page) -> None:
    task = a_task(Task.FAILED)
    console.goto("/?status=failed")
    focused(console, row(console, task).get_by_role("checkbox"))
    becomes(task, Task.COMPLETED)
    expect(console.locator("#tab-failed")).to_be_focused()


def test_on_the_page_of_a_task_the_head_keeps_the_focus(console: Page) -> None:
    task = a_task(Task.FAILED)
    console.goto(f"/tasks/{task.pk}/")
    focused(console, console.locator("#act-requeue button"))
    becomes(task, Task.QUEUED)
    expect(console.locator("#act-requeue")).to_have_count(0)
    expect(console.locator("#task-head :focus")).to_have_count(1)


def test_the_banner_of_a_pause_keeps_the_focus(console: Page) -> None:
    QueuePause.objects.create(queue="default", reason="x")
    task = a_task(Task.FAILED)
    console.goto("/")
    resume = focused(console, console.locator("#pauses [data-resume]"))
    becomes(task, Task.COMPLETED)
    expect(row(console, task).locator(".state")).to_have_text("Completed")
    expect(resume).to_be_focused()
    QueuePause.objects.all().delete()
    expect(resume).to_have_count(0)
    expect(console.locator("main .page-head :focus")).to_have_count(1)


def test_an_update_between_a_click_and_its_answer_leaves_the_last_word_to_the_answer(console: Page) -> None:
    failed(1), failed(2, OTHER)
    held: list[tuple[Route, APIResponse]] = []
    console.route("**/ignore/", lambda route: held.append((route, route.fetch())))
    console.goto("/failures/")
    is_live(console)
    press(console, f"#judge-{KIND} > summary")
    press(console, f"#judge-{KIND} [formaction$='ignore/']")
    expect(console.locator(f"#f-{KIND}")).to_have_count(0)
    wait_until(lambda: console.evaluate("1") and held, 10, "the answer has come")
    route, answer = held.pop()
    route.fulfill(response=answer)
    expect(console.locator(f"#requeue-{OTHER}")).to_be_focused()


def test_what_has_no_focus_gets_none(console: Page) -> None:
    task = a_task(Task.FAILED)
    console.goto("/?status=failed")
    is_live(console)
    becomes(task, Task.COMPLETED)
    expect(row(console, task)).to_have_count(0)
    with next_poll(console):
        pass
    expect(console.locator("body:not(:has(:focus))")).to_have_count(1)
