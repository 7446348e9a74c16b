from __future__ import annotations

import os
import signal

from playwright.sync_api import Page, expect

from django_simple_queue.models import Task
from tests.browser.look import audited, fresh, row, said, state, undo
from tests.dashboard.queue import a_task
from tests.engine.fleet import Fleet, Ledger, enqueue


def test_a_queued_task_is_cancelled_with_one_click_and_undone(console: Page) -> None:
    task = a_task()
    console.goto("/?status=queued")
    row(console, task).get_by_role("button", name="Cancel").click()
    said(console, "Cancelled: send_email")
    assert fresh(task).status == Task.CANCELLED
    undo(console.locator("#outcome").get_by_role("button", name="Undo"))
    said(console, "as before")
    assert fresh(task).status == Task.QUEUED


def test_a_running_task_is_stopped_after_a_question(console: Page, worker: Fleet, ledger: Ledger) -> None:
    task = enqueue("sleep", {"seconds": 60, "ledger": ledger.path})
    (started,) = ledger.wait_for("start")
    console.goto(f"/tasks/{task}/")
    state(console, "In progress")
    console.get_by_role("button", name="Stop task").click()
    dialog = console.get_by_role("dialog")
    expect(dialog).to_contain_text("Its process is ended at once")
    dialog.get_by_role("link", name="Keep as is").click()
    expect(dialog).to_be_hidden()
    assert fresh(task).cancel_requested is None
    console.get_by_role("button", name="Stop task").click()
    dialog.get_by_role("button", name="Stop task").click()
    said(console, "Asked the worker to stop sleep")
    state(console, "Cancelled", timeout=20_000)
    assert len(audited("cancel")) == 1
    assert started


def test_a_worker_that_is_killed_is_seen_to_be_lost(console: Page, fleet: Fleet, ledger: Ledger) -> None:
    boot = fleet.ready("--concurrency", "1", lease_seconds=3)
    enqueue("sleep", {"seconds": 60, "ledger": ledger.path})
    ledger.wait_for("start")
    console.goto("/workers/")
    expect(console.get_by_role("table", name="Workers")).to_contain_text("sleep")
    os.kill(boot.pid, signal.SIGKILL)
    expect(console.locator("#none")).to_contain_text("No worker is alive", timeout=15_000)
