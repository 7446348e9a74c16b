"""After every action of an operator the focus is where they acted, or beside it; it never falls to the page's top."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from dashboard.models import FailureGroup
from django_simple_queue.models import Attempt, OperatorAction, QueuePause, Task
from tests.browser.conftest import SignIn
from tests.browser.look import is_live, past_guard
from tests.browser.test_fleet_and_failures import KIND, failed
from tests.dashboard.queue import CHARGE, a_task, a_worker, later

OTHER = "0" * 16
Scene = Callable[[], str]


def task(status: int = Task.QUEUED, address: str = "/", **columns: Any) -> Scene:
    """A task beside a waiting one; ``{}`` in the address is its id."""

    def scene() -> str:
        a_task()
        one = a_task(status, **columns)
        return address.format(one.pk)

    return scene


def running(address: str) -> Scene:
    return lambda: task(Task.PROGRESS, address, worker=a_worker().pk)()


def stalled(address: str) -> Scene:
    return lambda: task(Task.PROGRESS, address, worker=a_worker(alive=False).pk)()


def without_answer() -> str:
    one = a_task(Task.FAILED, task=CHARGE)
    Attempt.objects.create(task=one, epoch=1, attempt=1, outcome="crashed")
    return "/?status=failed"


def retrying() -> str:
    return task(address="/?status=retrying", attempt=1, epoch=1, max_attempts=3, **later(60))()


def groups(state: str = "open", address: str = "/failures/") -> Scene:
    def scene() -> str:
        failed(1), failed(2, OTHER)
        if state != "open":
            for name in (KIND, OTHER):
                FailureGroup.objects.create(fingerprint=name, state=state, since=timezone.now())
        return f"{address}?state={state}"

    return scene


def workers(**columns: Any) -> Scene:
    def scene() -> str:
        a_worker(**columns)
        return "/workers/"

    return scene


def queue(name: str, *paused: str) -> Scene:
    def scene() -> str:
        a_task(queue=name)
        a_worker()
        for each in paused:
            QueuePause.objects.create(queue=each, reason="x")
        return f"/queues/named/{name}/"

    return scene


def background() -> str:
    frozen = {"where": [], "mark": timezone.now().isoformat(), "query": "status=failed"}
    columns = {"scope": "failed", "scope_filter": frozen, "state": "running", "expected": 9, "outcomes": {"done": 1}}
    action = OperatorAction.objects.create(verb="requeue", actor="ada", **columns)
    one = a_task(epoch=1)
    action.items.create(task=one.pk, previous_status=Task.FAILED, epoch=1)
    return f"/activity/{action.pk}/"


@dataclass(frozen=True)
class Case:
    """Where, what is pressed one after the other, and the selector of what has the focus then."""

    scene: Scene
    pressed: tuple[str, ...]
    focused: str


TAB, TOP = "#live .tabs [aria-current]", "body:not(:has(:focus))"
ROW, PAGE = "#rows tbody tr:first-child .act", "#task-head"
BUTTON, UNDO = f"{ROW} button", f"{ROW} [data-undo]"
PAUSE, RESUME = "#queue-head [id^=switch-]", "#pauses [data-resume]"
JUDGE = f"#judge-{KIND}"
MENU = "#live details.menu > summary"
ANSWER, KEEP = "#dialog .btn:not([data-close])", "#dialog [data-close]"
A_FAILED, ITS_PAGE = task(Task.FAILED, "/?status=failed"), task(Task.FAILED, "/tasks/{}/")
CASES = {
    "requeue": Case(A_FAILED, (f"{ROW} [data-key=r]",), UNDO),
    "undo": Case(A_FAILED, (f"{ROW} [data-key=r]", UNDO), f"{ROW} [data-key=r]"),
    "undo by its toast": Case(A_FAILED, (f"{ROW} [data-key=r]", "#outcome [data-undo]"), f"{ROW} [data-key=r]"),
    "start now": Case(
        A_FAILED, (f"{ROW} [data-key=r]", f"{ROW} [formaction$='start-now/']"), "#live .tabs [aria-current]"
    ),
    "cancel queued": Case(task(address="/?status=queued"), (f"{ROW} [data-key=c]",), UNDO),
    "run now": Case(retrying, (f"{ROW} [data-key=r]",), BUTTON),
    "give up": Case(retrying, (f"{ROW} [data-key=c]",), UNDO),
    "mark failed": Case(stalled("/?status=progress"), (BUTTON,), BUTTON),
    "stop running": Case(running("/?status=progress"), (BUTTON, ANSWER), f"{ROW} button, {ROW} ~ td a, #rows a.task"),
    "a question is left": Case(without_answer, (BUTTON, KEEP), BUTTON),
    "a question is answered": Case(without_answer, (BUTTON, ANSWER), UNDO),
    "ticked rows": Case(A_FAILED, ("#rows tbody [name=ids]", "#bulk [data-counts=requeue]"), UNDO),
    "requeue on its page": Case(ITS_PAGE, (f"{PAGE} [data-key=r]",), "#held [data-undo]"),
    "undo on its page": Case(ITS_PAGE, (f"{PAGE} [data-key=r]", "#held [data-undo]"), f"{PAGE} [data-key=r]"),
    "start now on its page": Case(ITS_PAGE, (f"{PAGE} [data-key=r]", "#act-start_now button"), "#act-cancel button"),
    "cancel on its page": Case(task(address="/tasks/{}/"), ("#act-cancel button",), "#live [data-undo]"),
    "stop on its page": Case(running("/tasks/{}/"), ("#act-cancel button", ANSWER), f"{PAGE} .btn, {PAGE} summary"),
    "mark failed on its page": Case(stalled("/tasks/{}/"), ("#act-mark_failed button",), f"{PAGE} .btn"),
    "run again": Case(task(Task.COMPLETED, "/tasks/{}/"), ("#act-run_again button",), TOP),
    "edit and requeue": Case(ITS_PAGE, (f"{PAGE} a[href*='from=']",), TOP),
    "a group is requeued": Case(groups(), (f"#requeue-{KIND}", ANSWER), f"#requeue-{OTHER}"),
    "a group is not requeued": Case(groups(), (f"#requeue-{KIND}", KEEP), f"#requeue-{KIND}"),
    "resolve": Case(groups(), (f"{JUDGE} > summary", f"{JUDGE} [formaction$='resolve/']"), f"#requeue-{OTHER}"),
    "ignore": Case(groups(), (f"{JUDGE} > summary", f"{JUDGE} [formaction$='ignore/']"), f"#requeue-{OTHER}"),
    "reopen": Case(groups("resolved"), (f"{JUDGE} > summary", f"{JUDGE} [formaction$='reopen/']"), f"#requeue-{OTHER}"),
    "pause worker": Case(workers(), (MENU, f"{MENU} + div a[href*='pause/']", ANSWER), MENU),
    "a worker is not paused": Case(workers(), (MENU, f"{MENU} + div a[href*='pause/']", KEEP), MENU),
    "resume worker": Case(workers(state="paused"), (MENU, f"{MENU} + div button"), f"{MENU}, {MENU} + div a"),
    "drain worker": Case(workers(), (MENU, f"{MENU} + div a[href*='drain/']", ANSWER), "#live .fleet .name a"),
    "pause queue": Case(workers(), ("#queue-1 .act a", ANSWER), "#queue-1 .act button"),
    "pause queue on its page": Case(queue("money"), (PAUSE, ANSWER), RESUME),
    "resume queue": Case(queue("default", "other"), (RESUME,), "main .page-head a"),
    "resume queue on its page": Case(queue("money", "money"), (RESUME,), PAUSE),
    "resume one of two": Case(queue("default", "money", "other"), (RESUME,), RESUME),
    "abort": Case(background, ("#abort button",), "#undo [data-undo]"),
}


def press(page: Page, selector: str) -> None:
    wanted = page.locator(selector).first
    wanted.wait_for()
    past_guard(page)
    reason = page.locator("#dialog[open] :is(#id_reason)")
    if reason.count():
        reason.fill("Because")
    wanted.focus()
    page.keyboard.press("Space" if selector.endswith("[name=ids]") else "Enter")


@pytest.mark.parametrize("name", CASES)
def test_focus_after(console: Page, name: str) -> None:
    case = CASES[name]
    console.goto(case.scene())
    if console.locator("#connection").count():
        is_live(console)
    for selector in case.pressed:
        press(console, selector)
    if case.pressed[-1] != KEEP and case.focused != TOP:
        expect(console.locator("#outcome .toast").first).to_be_visible()
    expect(console.locator("dialog[open]")).to_have_count(0)
    expect(console.locator(case.focused if case.focused == TOP else f":is({case.focused}):focus")).to_have_count(1)


def test_focus_after_a_mistake_in_a_dialog(console: Page) -> None:
    console.goto(workers()())
    for selector in (MENU, f"{MENU} + div a[href*='pause/']"):
        press(console, selector)
    console.locator("#id_reason").fill(" ")
    console.locator(ANSWER).focus()
    console.keyboard.press("Enter")
    expect(console.locator("#dialog .field-error")).to_be_visible()
    expect(console.locator("#id_reason")).to_be_focused()


@pytest.mark.parametrize("script", [True, False], ids=["in a dialog", "on a page of its own"])
def test_focus_begins_in_the_first_field_that_must_be_filled_in(signed_in: SignIn, script: bool) -> None:
    page = signed_in("ada", java_script_enabled=script)
    a_task(queue="mail")
    page.goto(workers()())
    page.get_by_role("link", name="Pause a queue").click()
    expect(page.get_by_label("Queue", exact=True)).to_be_focused()
    page.keyboard.type("mail")
    page.get_by_role("button", name="Pause queue").click()
    expect(page.get_by_label("Reason")).to_be_focused()


def test_focus_after_a_mistake_in_the_form(console: Page) -> None:
    console.goto("/enqueue/?mode=json&task=tests.tasks.two_arguments")
    console.get_by_role("textbox", name="Arguments").fill("{")
    console.keyboard.press("Control+Enter")
    expect(console.locator("#problems")).to_be_focused()
