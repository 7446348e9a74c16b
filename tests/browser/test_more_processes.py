"""An open tab beside other processes: workers that are killed, and a second web process on the same database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from django_simple_queue.models import Task
from tests.browser.conftest import SETTINGS, SignIn
from tests.browser.look import is_live, next_poll, row, said
from tests.browser.site import Twin
from tests.dashboard.queue import a_task, a_worker
from tests.engine.fleet import Fleet

LEASE_SECONDS = 3
POSTED = 6


@pytest.fixture
def twins(tmp_path: Path) -> Iterator[tuple[Twin, Twin]]:
    first, second = Twin(tmp_path / "one" / "site", SETTINGS), Twin(tmp_path / "two" / "site", SETTINGS)
    for twin in (first, second):
        twin.open()
    yield first, second
    first.close()
    second.close()


def test_killed_workers_are_told_in_an_open_tab_while_nothing_is_enqueued(
    console: Page, fleet: Fleet, settings: Any
) -> None:
    """Thing 5, why is this not running: nobody has to enqueue or click to learn that all workers are gone."""
    settings.DJANGO_SIMPLE_QUEUE_LEASE_SECONDS = LEASE_SECONDS
    workers = [fleet.ready("--concurrency", "1", lease_seconds=LEASE_SECONDS) for _ in range(2)]
    console.goto("/")
    is_live(console)
    banner = console.locator("#attention .banner")
    expect(banner).to_have_count(0)
    for worker in workers:
        worker.kill()
    expect(banner).to_contain_text("No worker is running", timeout=(LEASE_SECONDS + 10) * 1000)
    assert not Task.objects.exists()


def test_what_is_posted_to_one_web_process_shows_in_a_tab_of_the_other(
    signed_in: SignIn, twins: tuple[Twin, Twin]
) -> None:
    """The picture that a process shares between its pages is its own; what changed elsewhere comes with a poll."""
    a_worker()
    tasks = [a_task(Task.FAILED, age=age) for age in range(60, 60 + POSTED)]
    first, second = (signed_in("ada", base_url=twin.url) for twin in twins)
    first.goto("/?status=failed")
    second.goto("/?status=failed")
    is_live(second)
    seen = counts_of(second, "failed")
    for number, task in enumerate(tasks, 1):
        row(first, task).get_by_role("button", name="Requeue").click()
        said(first, "Requeued")
        expect(row(second, task).locator(".state")).not_to_have_text("Failed")
        expect(second.locator("#tab-failed .n")).to_have_text(str(POSTED - number))
    for page in (first, second):
        with next_poll(page):
            pass
        expect(page.locator("#tab-failed .n")).to_have_text("0")
    numbers = [int(number) for number in seen()]
    assert numbers == sorted(numbers, reverse=True), f"the count on the other page stepped back: {numbers}"
    assert numbers[-1] == 0


def counts_of(page: Page, tab: str) -> Any:
    """Have the page write down each number that its tab shows from now on; call the answer to read them."""
    page.evaluate(
        """tab => {
          const read = () => document.querySelector(`#tab-${tab} .n`)?.textContent.trim();
          window.shownCounts = [read()];
          const note = () => { const now = read(); if (now && now !== shownCounts.at(-1)) shownCounts.push(now); };
          new MutationObserver(note).observe(document.body, { childList: true, subtree: true, characterData: true });
        }""",
        tab,
    )
    return lambda: page.evaluate("shownCounts")
