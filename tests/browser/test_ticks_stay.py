"""What is ticked stays ticked, whatever else is done meanwhile, until its own bar has been used."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from django_simple_queue.models import Attempt, Task
from tests.browser.look import row, said
from tests.dashboard.queue import SEND, a_task, a_worker

FAILED = "/?status=failed"


@pytest.fixture
def ticked(console: Page) -> list[Task]:
    tasks = [a_task(Task.FAILED, age=100 + number) for number in range(3)]
    console.goto(FAILED)
    for task in tasks:
        row(console, task).get_by_role("checkbox").check()
    counts(console, "3 ticked")
    return tasks


def counts(page: Page, words: str) -> None:
    expect(page.locator("[data-selected]")).to_contain_text(words)


def nothing_is_ticked(page: Page) -> None:
    expect(page.locator("#rows tbody [name=ids]:checked")).to_have_count(0)


def confirm(page: Page) -> None:
    page.get_by_role("dialog").locator(".btn-primary").click()
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_group_that_is_requeued_elsewhere_leaves_them(console: Page, ticked: list[Task]) -> None:
    a_task(Task.FAILED, fingerprint="0123456789abcdef")
    console.goto("/failures/")
    console.get_by_role("link", name="Requeue 1 (24 h)").click()
    confirm(console)
    said(console, "Requeued 1 of 1")
    console.goto(FAILED)
    counts(console, "3 ticked")


def test_the_question_on_the_page_of_a_task_leaves_them(console: Page, ticked: list[Task]) -> None:
    running = a_task(Task.PROGRESS, worker=a_worker().pk)
    console.goto(f"/tasks/{running.pk}/")
    console.get_by_role("button", name="Stop task").click()
    confirm(console)
    said(console, "Asked the worker to stop")
    console.goto(FAILED)
    counts(console, "3 ticked")


def test_they_are_done_with_once_their_bar_was_used(console: Page, ticked: list[Task]) -> None:
    console.locator("#bulk [data-counts=requeue]").click()
    said(console, "Requeued 3 of 3")
    nothing_is_ticked(console)


def test_they_are_done_with_once_the_question_of_their_bar_was_answered(
    console: Page, settings: Any, ticked: list[Task]
) -> None:
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {SEND: {"rerun": "confirm"}}
    console.locator("#bulk [data-counts=requeue]").click()
    confirm(console)
    said(console, "Requeued 3 of 3")
    nothing_is_ticked(console)


def test_of_one_that_is_ticked_alone_too(console: Page) -> None:
    task = a_task(Task.FAILED)
    Attempt.objects.create(task=task, epoch=1, attempt=1, outcome="lost")
    console.goto(FAILED)
    row(console, task).get_by_role("checkbox").check()
    console.locator("#bulk [data-counts=requeue]").click()
    confirm(console)
    said(console, "Requeued")
    nothing_is_ticked(console)
