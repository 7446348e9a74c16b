"""Each page in each of its states: no report, no accessibility fault, in both themes, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.utils import timezone
from playwright.sync_api import Page, expect

from django_simple_queue.models import Attempt, OperatorAction, QueuePause, Task, Worker
from django_simple_queue.models.audit import perform
from tests.browser.conftest import SignIn
from tests.dashboard.people import operator
from tests.dashboard.queue import CHARGE, a_task, a_worker, later

HOSTILE = "<img src=x onerror=alert(1)> \u202e \u0000'\"`</script> {{ 7 * 7 }} " + "w" * 300
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
OVERFLOW = "document.documentElement.scrollWidth - innerWidth"
TARGETS = "main button, main a.btn, main .tabs a, .bottom-bar a, .bottom-bar summary"
SMALL_TARGETS = """targets => [...document.querySelectorAll(targets)]
  .filter(element => element.checkVisibility({ visibilityProperty: true }))
  .filter(element => getComputedStyle(element).clipPath === 'none' && element.getBoundingClientRect().height < 43.9)
  .map(element => `${element.outerHTML.slice(0, 90)} is ${element.getBoundingClientRect().height} px high`)"""
EVERY_RULE: dict[str, Any] = {"resultTypes": ["violations"]}
CONTRAST = EVERY_RULE | {"runOnly": ["color-contrast"]}
Seed = Callable[[], str]


def of(*tasks: Task) -> str:
    return f"/tasks/{tasks[-1].pk}/"


def everything() -> str:
    worker = a_worker()
    a_worker(alive=False, host="web-2")
    a_task(Task.PROGRESS, worker=worker.pk, progress=40, progress_message="Reading page 4")
    a_task(Task.PROGRESS)
    for status in (Task.QUEUED, Task.COMPLETED, Task.FAILED, Task.CANCELLED):
        a_task(status)
    a_task(**later(3600))
    a_task(attempt=1, epoch=1, max_attempts=3, error="ValueError('x')", error_class="builtins.ValueError", **later(60))
    a_task(Task.FAILED, task="shop.tasks." + "long_" * 30 + "name", args='{"text": "%s"}' % ("wide " * 200))
    return "/"


def tab(slug: str) -> Seed:
    return lambda: everything() + f"?status={slug}"


def held() -> Task:
    task = a_task(Task.FAILED)
    rows, omar = Task.objects.filter(pk=task.pk), operator("omar", superuser=True)
    perform("requeue", rows, omar, "send_email", hold=timedelta(hours=1))
    return task


def paused() -> str:
    a_worker()
    QueuePause.objects.create(queue="default", reason="Maintenance", paused_by="omar")
    return of(a_task())


def retrying() -> str:
    task = a_task(attempt=1, epoch=1, max_attempts=3, error="ValueError('x')", error_class="ValueError", **later(60))
    now = timezone.now()
    Attempt.objects.create(task=task, epoch=1, attempt=1, outcome="failed", started=now, finished=now, error="x")
    return of(task)


def tried_before() -> str:
    task = a_task(Task.FAILED, task=CHARGE, epoch=3, attempt=3, max_attempts=3)
    now = timezone.now()
    said = {"started": now, "finished": now, "error": "Boom\n\nTraceback\n  here", "log": "a line of the log"}
    for epoch, outcome in enumerate(("failed", "interrupted", "timed_out"), 1):
        Attempt.objects.create(task=task, epoch=epoch, attempt=epoch, outcome=outcome, **said)
    for _ in range(6):
        a_task(Task.COMPLETED, task=CHARGE)
    return of(task)


def lost_task() -> str:
    finder = a_worker()
    worker = a_worker(alive=False, host="web-6", state="lost", ended=timezone.now(), lost_by=finder.pk)
    task = a_task(Task.FAILED, worker=worker.pk, fingerprint="f" * 16)
    a_task(Task.FAILED, fingerprint="f" * 16)
    Attempt.objects.create(task=task, epoch=1, attempt=1, outcome="lost", started=task.started, error="gone")
    return of(task)


def actions() -> str:
    ada = operator("omar", superuser=True)
    for verb in ("requeue", "cancel", "requeue"):
        ids = [a_task(Task.FAILED if verb == "requeue" else Task.QUEUED).pk for _ in range(3)]
        perform(verb, Task.objects.filter(pk__in=ids), ada, "3 ticked tasks", reason="Because <b>x</b>")
    return "/activity/"


def an_action(state: str, **columns: Any) -> str:
    everything()
    left = {"unfit": [str(a_task(Task.FAILED).pk)], "never": [str(a_task(Task.FAILED).pk)]}
    columns |= {"outcomes": {"done": 3, "unfit": 1, "never": 1, "already omar": 2, "changed": 1}, "left_alone": left}
    frozen = {"where": [], "mark": timezone.now().isoformat(), "query": "status=failed"}
    action = OperatorAction.objects.create(
        verb="requeue",
        actor="ada",
        scope=f"failed {HOSTILE[:300]}",
        scope_filter=frozen,
        state=state,
        expected=20,
        **columns,
    )
    for task in Task.objects.filter(status=Task.FAILED)[:3]:
        action.items.create(task=task.pk, previous_status=Task.FAILED, epoch=1)
    return f"/activity/{action.pk}/"


def fleet() -> str:
    everything()
    Worker.objects.update(rss=64_000_000, release="2026.11")
    return "/workers/"


def lost() -> str:
    a_worker(alive=False)
    return "/workers/"


PAGES: dict[str, Seed] = {
    "tasks, none yet": lambda: "/",
    "tasks, all": everything,
    **{f"tasks, {slug}": tab(slug) for slug in ("queued", "scheduled", "retrying", "progress", "failed")},
    "tasks, filtered": lambda: everything() + f"?status=failed&queue=default&q=Card&time=24h&task={CHARGE}",
    "tasks, no match": lambda: everything() + "?q=nothing+has+this",
    "tasks, filter not valid": lambda: everything() + "?status=broken&time=x",
    "tasks, no worker": lambda: of(a_task()) and "/",
    "tasks, requeued": lambda: held() and "/",
    "task, queued": lambda: of(a_task()),
    "task, scheduled": lambda: of(a_task(**later(3600))),
    "task, held": lambda: of(held()),
    "task, of a paused queue": paused,
    "task, retrying": retrying,
    "task, running": lambda: of(a_task(Task.PROGRESS, worker=a_worker().pk, progress=40, log="one\ntwo\n")),
    "task, without a worker": lambda: of(a_task(Task.PROGRESS)),
    "task, completed": lambda: of(a_task(Task.COMPLETED, output="done", log="a\nb\n")),
    "task, failed": lambda: of(a_task(Task.FAILED, task=CHARGE)),
    "task, cancelled": lambda: of(a_task(Task.CANCELLED)),
    "task, hostile": lambda: of(a_task(Task.FAILED, error=HOSTILE, output=HOSTILE, error_class=HOSTILE[:200])),
    "task, lost": lost_task,
    "task, tried before": tried_before,
    "task, running long": lambda: of(
        a_task(Task.PROGRESS, worker=a_worker().pk, log="a line\n" * 9000, output="x\n" * 9)
    ),
    "task name": lambda: everything() and f"/tasks/named/{CHARGE}/",
    "task name, never run": lambda: "/tasks/named/tests.tasks.two_arguments/",
    "queue": lambda: everything() and "/queues/named/default/",
    "queue, paused": lambda: paused() and "/queues/named/default/",
    "queue, not served": lambda: of(a_task(queue="media")) and "/queues/named/media/",
    "task, big": lambda: of(a_task(Task.COMPLETED, output="a line\n" * 40_000, args='{"a": [%s1]}' % ("1," * 900))),
    "enqueue": lambda: "/enqueue/",
    "enqueue, chosen": lambda: "/enqueue/?task=tests.tasks.two_arguments",
    "enqueue, not importable": lambda: "/enqueue/?task=shop.tasks.retired",
    "enqueue, not found": lambda: "/enqueue/?q=nothing",
    "workers, none": lambda: "/workers/",
    "workers": fleet,
    "workers, lost": lost,
    "activity, none": lambda: "/activity/",
    "action, running": lambda: an_action(OperatorAction.State.RUNNING),
    "action, stopped": lambda: an_action(OperatorAction.State.ABORTED, problem="Stopped by <b>omar</b>."),
    "action, mixed and undone": lambda: an_action(
        OperatorAction.State.DONE, undone=timezone.now(), undo_outcomes={"restored": 2, "started": 1}
    ),
    "export": lambda: everything() and "/export/?status=failed",
    "activity": actions,
    "404": lambda: "/tasks/01a20498-fa86-7401-a271-238759bd0139/",
}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.ability(15)
def test_of_an_operator(console: Page, name: str) -> None:
    console.goto(PAGES[name]())
    is_in_order(console)


@pytest.mark.parametrize("address", ["/", "/tasks/{}/", "/activity/"])
def test_of_an_operator_with_few_permissions(signed_in: SignIn, address: str) -> None:
    page = signed_in("guest", "view_task")
    page.goto(address.format(a_task(Task.FAILED).pk))
    is_in_order(page)


def test_of_a_visitor(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto("/")
    is_in_order(page)
    page.set_viewport_size(DESK)
    page.get_by_label("Username").fill("nobody")
    page.get_by_label("Password").fill("nothing")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    is_in_order(page)


def test_of_a_form_with_mistakes(console: Page) -> None:
    console.goto("/enqueue/?mode=json&task=tests.tasks.two_arguments")
    console.get_by_role("textbox", name="Arguments").fill("{")
    console.locator("details.options summary").click()
    console.get_by_label("Priority").fill("1000")
    console.locator("[data-submit]").click()
    expect(console.locator("#args-e")).to_be_visible()
    is_in_order(console)


def test_of_a_project_without_an_allowlist(console: Page, settings: Any) -> None:
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = None
    console.goto("/enqueue/")
    expect(console.get_by_role("heading", name="Nothing can be enqueued")).to_be_visible()
    is_in_order(console)


def test_of_ticked_rows_a_question_and_a_result(console: Page) -> None:
    task = a_task(Task.PROGRESS, worker=a_worker().pk)
    a_task()
    console.goto("/")
    for box in console.locator("tbody [name=ids]").all():
        box.check()
    is_in_order(console)
    console.set_viewport_size(DESK)
    console.get_by_role("toolbar").get_by_role("button", name="Cancel").click()
    expect(console.get_by_role("dialog")).to_be_visible()
    is_in_order(console)
    console.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(console.locator("#outcome .toast")).to_be_visible()
    is_in_order(console)
    assert Task.objects.get(pk=task.pk).cancel_requested


def test_the_first_row_is_near_the_top_of_a_phone(console: Page) -> None:
    everything()
    console.set_viewport_size(PHONE)
    console.goto("/")
    box = console.locator("#rows tbody tr").first.bounding_box()
    assert box
    assert box["y"] <= 420


def is_in_order(page: Page) -> None:
    page.evaluate(AXE_SCRIPT)
    faults = [*looked_at(page, "light"), *looked_at(page, "dark", CONTRAST)]
    page.set_viewport_size(PHONE)
    faults += [*looked_at(page, "dark"), *looked_at(page, "light", CONTRAST)]
    if (overflow := page.evaluate(OVERFLOW)) > 0:
        faults.append(f"scrolls sideways by {overflow} px at {PHONE['width']} px")
    faults += page.evaluate(SMALL_TARGETS, TARGETS)
    assert not faults, f"{page.url}:\n" + "\n".join(faults)


def looked_at(page: Page, theme: Any, options: dict[str, Any] = EVERY_RULE) -> list[str]:
    """What axe-core finds; the script is in the page already."""
    page.emulate_media(color_scheme=theme)
    found = page.evaluate("options => axe.run(options).then(results => results.violations)", options)
    width = page.viewport_size["width"] if page.viewport_size else 0
    return [
        f"{width} px, {theme}: {each['id']}: {node['html'][:200]} ({node['failureSummary']})"
        for each in found
        for node in each["nodes"]
    ]
