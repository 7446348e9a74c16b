from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from django_simple_queue.models import Attempt, Task
from tests.browser.conftest import SignIn
from tests.browser.look import audited, fresh, row, rows, said, shows_only, undo
from tests.dashboard.queue import CHARGE, a_task, a_worker
from tests.support.waiting import wait_until


def requeue(page: Page, task: Task) -> None:
    row(page, task).get_by_role("button", name="Requeue").click()


def test_u_pressed_twice_undoes_once_and_says_so(console: Page) -> None:
    sent: list[Route] = []
    console.route("**/undo/", lambda route: sent.append(route))
    task = a_task(Task.FAILED)
    console.goto("/?status=failed")
    requeue(console, task)
    said(console, "Requeued send_email")
    with console.expect_request("**/undo/"):
        console.keyboard.press("u")
    console.keyboard.press("u")
    wait_until(lambda: console.evaluate("true") and bool(sent), 10, "the first arrives")
    for route in sent:
        route.continue_()
    said(console, "as before")
    assert (len(sent), fresh(task).status) == (1, Task.FAILED)


@pytest.mark.ability(1)
def test_one_click_requeues_and_undo_takes_it_back(console: Page) -> None:
    task = a_task(Task.FAILED)
    console.goto("/")
    requeue(console, task)
    said(console, "Requeued send_email")
    expect(row(console, task).locator(".state")).to_contain_text("Queued")
    assert (fresh(task).status, fresh(task).due) == (Task.QUEUED, False)
    undo(console.locator("#outcome").get_by_role("button", name="Undo"))
    said(console, "as before")
    expect(row(console, task).locator(".state")).to_contain_text("Failed")
    assert fresh(task).status == Task.FAILED
    assert [action.undone_by for action in audited("requeue")] == ["ada"]


def test_a_requeued_row_stays_in_the_failed_list_to_be_undone(console: Page) -> None:
    task, other = a_task(Task.FAILED), a_task(Task.FAILED)
    console.goto("/?status=failed")
    requeue(console, task)
    said(console, "Requeued")
    expect(rows(console)).to_have_count(2)
    undo(row(console, task).get_by_role("button", name="Undo"))
    expect(row(console, task).get_by_role("button", name="Requeue")).to_be_visible()
    assert {fresh(task).status, fresh(other).status} == {Task.FAILED}


def test_a_held_task_starts_now_on_request(console: Page) -> None:
    a_worker()
    task = a_task(Task.FAILED)
    console.goto(f"/tasks/{task.pk}/")
    console.get_by_role("button", name="Requeue").click()
    expect(console.get_by_role("button", name="Start now").first).to_be_visible()
    assert not fresh(task).due
    console.get_by_role("button", name="Start now").first.click()
    said(console, "starts now")
    assert fresh(task).due


def test_a_double_click_requeues_once_and_does_not_undo(console: Page) -> None:
    task = a_task(Task.FAILED)
    console.goto("/?status=failed")
    row(console, task).get_by_role("button", name="Requeue").dblclick(delay=20)
    said(console, "Requeued")
    expect(row(console, task).locator(".line2")).to_contain_text("Requeued by you")
    assert (fresh(task).status, len(audited("requeue"))) == (Task.QUEUED, 1)
    assert audited("requeue")[0].undone is None


def test_a_double_click_on_the_task_page_requeues_once(console: Page) -> None:
    task = a_task(Task.FAILED)
    console.goto(f"/tasks/{task.pk}/")
    console.get_by_role("button", name="Requeue").dblclick(delay=20)
    said(console, "Requeued")
    expect(console.get_by_role("button", name="Undo requeue")).to_be_visible()
    assert [action.undone for action in audited("requeue")] == [None]


def test_the_second_of_two_operators_is_told_who_was_first(signed_in: SignIn) -> None:
    task = a_task(Task.FAILED)
    ada, omar = signed_in("ada"), signed_in("omar")
    for page in (ada, omar):
        page.goto("/?status=failed")
        page.keyboard.press("p")
    requeue(ada, task)
    said(ada, "Requeued")
    requeue(omar, task)
    said(omar, "ada requeued this")
    said(omar, "Nothing done.")
    expect(row(omar, task).locator(".state")).to_contain_text("Queued")
    assert (len([action for action in audited("requeue") if action.outcomes.get("done")]), fresh(task).epoch) == (1, 1)


def test_what_one_operator_did_the_other_sees_live(signed_in: SignIn) -> None:
    task = a_task(Task.FAILED)
    ada, omar = signed_in("ada"), signed_in("omar")
    ada.goto("/")
    omar.goto("/")
    requeue(ada, task)
    expect(row(omar, task)).to_contain_text("Requeued by ada")


def test_a_run_without_an_answer_is_repeated_only_after_a_question(console: Page) -> None:
    task = a_task(Task.FAILED, task=CHARGE)
    now = timezone.now()
    Attempt.objects.create(task=task, epoch=1, attempt=1, outcome="crashed", started=now, finished=now)
    console.goto("/?status=failed")
    requeue(console, task)
    dialog = console.get_by_role("dialog")
    expect(dialog).to_contain_text("may have taken effect")
    dialog.get_by_role("link", name="Keep as is").click()
    expect(dialog).to_be_hidden()
    assert fresh(task).status == Task.FAILED
    requeue(console, task)
    dialog.get_by_role("button", name="Requeue anyway").click()
    said(console, "Requeued")
    assert fresh(task).status == Task.QUEUED


def test_ticked_rows_are_requeued_together_over_pages(console: Page) -> None:
    tasks = [a_task(Task.FAILED, age=age) for age in range(100, 130)]
    console.goto("/?status=failed&rows=25")
    chosen = rows(console).first
    console.get_by_label("Select all rows on this page").check()
    expect(console.locator("[data-selected]")).to_have_text("25 ticked")
    console.get_by_role("link", name="Next").click()
    expect(rows(console)).to_have_count(5)
    rows(console).get_by_role("checkbox").first.check()
    expect(console.locator("[data-selected]")).to_have_text("26 ticked, 25 on other pages")
    console.get_by_role("toolbar").get_by_role("button", name="Requeue").click()
    said(console, "Requeued 26 of 26")
    expect(chosen).to_be_visible()
    assert Task.objects.filter(status=Task.QUEUED).count() == 26
    assert len(tasks) - 26 == Task.objects.filter(status=Task.FAILED).count()
    undo(console.locator("#outcome").get_by_role("button", name="Undo"))
    said(console, "26 tasks are as before")
    assert Task.objects.filter(status=Task.FAILED).count() == 30


def test_a_deleted_row_is_said_to_be_gone(console: Page) -> None:
    task, other = a_task(Task.FAILED), a_task(Task.FAILED)
    console.goto("/?status=failed")
    console.keyboard.press("p")
    Task.objects.filter(pk=task.pk).delete()
    requeue(console, task)
    said(console, "Nothing was changed")
    console.keyboard.press("p")
    shows_only(console, other)
