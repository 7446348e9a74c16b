"""What a test looks at on a page of the console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from playwright.sync_api import expect

from django_simple_queue.models import OperatorAction, Task

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


def row(page: Page, task: Task) -> Locator:
    return page.locator(f"#t-{task.pk.hex[20:]}")


def rows(page: Page) -> Locator:
    return page.locator("#rows tbody tr")


def shows_only(page: Page, *tasks: Task) -> None:
    expect(rows(page)).to_have_count(len(tasks))
    for task in tasks:
        expect(row(page, task)).to_be_visible()


def said(page: Page, words: str) -> None:
    expect(page.locator("#outcome")).to_contain_text(words)


def word(page: Page, expected: str, **options: float) -> None:
    """What the page says of its connection."""
    expect(page.locator("#connection [data-word]")).to_have_text(expected, **options)


def pause(page: Page) -> None:
    page.keyboard.press("p")
    word(page, "Paused")


def is_live(page: Page) -> None:
    word(page, "Live")


def state(page: Page, words: str, **options: Any) -> None:
    """The badge in the head of a task's page."""
    expect(page.locator("#task-head .status")).to_have_text(words, **options)


def undo(button: Locator) -> None:
    """Click Undo once its guard against the second click of a double click is over."""
    button.wait_for()
    past_guard(button.page)
    button.click()


def past_guard(page: Page) -> None:
    since = page.evaluate("performance.now()")
    page.wait_for_function("since => performance.now() - since > 750", arg=since)


def fresh(task: Task | UUID) -> Task:
    return Task.objects.get(pk=getattr(task, "pk", task))


def audited(verb: str) -> list[OperatorAction]:
    return list(OperatorAction.objects.filter(verb=verb))


def ask_now(page: Page) -> None:
    """Let the page ask for news without waiting for its interval, as a tab does that comes back."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def next_poll(page: Page) -> Any:
    """Wait for the answer of the next live update."""
    return page.expect_response(lambda response: "live=1" in response.url and response.request.method == "GET")
