"""Workers are paused and groups of failures requeued: by mouse, by keyboard alone, and without JavaScript."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from dashboard.models import FailureGroup
from django_simple_queue.models import OperatorAction, QueuePause, Task, Worker
from django_simple_queue.models.control import pause_queue
from tests.browser.conftest import SignIn
from tests.browser.in_order import DESK, is_in_order
from tests.browser.look import audited, fresh, is_live, next_poll, past_guard, said
from tests.dashboard.queue import SEND, a_task, a_worker

KIND = "abcdef0123456789"
KEYS_TO_REQUEUE_A_GROUP = 3


def failed(hours: float = 1, fingerprint: str = KIND) -> Task:
    finished = timezone.now() - timedelta(hours=hours)
    return a_task(Task.FAILED, age=hours * 3600 + 60, task=SEND, fingerprint=fingerprint, finished=finished)


def is_focused(page: Page, selector: str) -> None:
    expect(page.locator(selector)).to_be_focused()


def test_a_double_click_resumes_one_queue(console: Page) -> None:
    for name in ("mail", "media"):
        QueuePause.objects.create(queue=name, reason="x")
    console.goto("/workers/")
    is_live(console)
    past_guard(console)
    console.locator("#pauses [data-resume]").first.dblclick()
    said(console, "Resumed queue mail.")
    with next_poll(console):
        pass
    expect(console.locator("#pauses .banner")).to_have_count(1)
    assert QueuePause.objects.get().queue == "media"


def test_a_worker_is_paused_with_a_reason_and_resumed(console: Page) -> None:
    worker = a_worker()
    console.goto("/workers/")
    console.locator(f"#menu-{worker.pk} > summary").click()
    console.get_by_role("link", name="Pause…").first.click()
    dialog = console.get_by_role("dialog")
    is_focused(console, "#id_reason")
    dialog.get_by_role("button", name="Pause worker").click()
    expect(dialog.locator(".field-error")).to_be_visible()
    is_in_order(console)
    console.set_viewport_size(DESK)
    dialog.get_by_label("Reason").fill("Disk is full")
    dialog.get_by_role("button", name="Pause worker").click()
    said(console, "Paused web-1:2117.")
    expect(console.locator(f"#worker-{worker.pk}")).to_contain_text("“Disk is full”")
    assert Worker.objects.get(pk=worker.pk).state == Worker.State.PAUSED
    console.locator(f"#menu-{worker.pk} > summary").click()
    console.get_by_role("button", name="Resume").click()
    said(console, "Resumed web-1:2117.")
    assert [action.reason for action in audited("pause_worker")] == ["Disk is full"]


def test_a_pause_shows_in_an_open_tab_of_another_page_until_it_is_lifted(console: Page) -> None:
    a_worker()
    console.goto("/")
    pause_queue("mail", "Provider is down", "omar")
    banner = console.locator("#pauses")
    expect(banner).to_contain_text("The queue mail is paused by omar")
    is_in_order(console)
    console.set_viewport_size(DESK)
    banner.get_by_role("button", name="Resume mail").click()
    expect(banner).not_to_contain_text("paused")
    assert not QueuePause.objects.exists()


def test_everything_is_paused_only_by_the_name_of_the_place(console: Page) -> None:
    a_worker()
    console.goto("/workers/")
    console.get_by_role("link", name="Pause all…").click()
    dialog = console.get_by_role("dialog")
    place = dialog.locator("label[for=id_place]").inner_text().split()[1]
    dialog.get_by_label("Reason").fill("Fire")
    dialog.locator("#id_place").fill("elsewhere")
    dialog.get_by_role("button", name="Pause everything").click()
    expect(dialog.locator(".field-error")).to_be_visible()
    assert not QueuePause.objects.exists()
    dialog.locator("#id_place").fill(place)
    dialog.get_by_role("button", name="Pause everything").click()
    expect(console.locator("#pauses")).to_contain_text("All queues are paused")


def test_a_group_is_requeued_by_keyboard_alone(console: Page) -> None:
    """Keys: j to the group, r for its question, Enter for its answer."""
    tasks, other = [failed(), failed(2)], failed(hours=30)
    console.goto("/failures/")
    keys = ["j", "r", "Enter"]
    console.keyboard.press(keys[0])
    console.keyboard.press(keys[1])
    expect(console.get_by_role("dialog")).to_contain_text("Requeue 2 tasks?")
    is_focused(console, "#why")
    console.keyboard.press(keys[2])
    said(console, "Requeued 2 of 2")
    assert len(keys) == KEYS_TO_REQUEUE_A_GROUP
    assert {fresh(task).status for task in tasks} == {Task.QUEUED}
    assert fresh(other).status == Task.FAILED


def test_a_reason_is_kept_when_the_window_is_changed(console: Page) -> None:
    failed(), failed(2)
    console.goto("/failures/")
    console.get_by_role("link", name="Requeue 2 (24 h)").click()
    dialog = console.get_by_role("dialog")
    dialog.get_by_label("Reason").fill('the "gateway" is back')
    dialog.get_by_role("link", name="3 h").click()
    expect(dialog.locator("[aria-current]")).to_have_text("3 h")
    expect(dialog.get_by_label("Reason")).to_have_value('the "gateway" is back')


def test_a_group_is_requeued_without_javascript(signed_in: SignIn) -> None:
    plain = signed_in("ada", java_script_enabled=False)
    task = failed()
    plain.goto("/failures/")
    plain.get_by_role("link", name="Requeue 1 (24 h)").click()
    plain.get_by_label("Reason").fill("Gateway is back")
    plain.get_by_role("button", name="Requeue 1").click()
    said(plain, "Requeued 1 of 1")
    assert plain.url.endswith("/failures/")
    assert fresh(task).status == Task.QUEUED
    assert OperatorAction.objects.get().reason == "Gateway is back"


def test_a_group_is_resolved_and_returns(console: Page) -> None:
    failed()
    console.goto("/failures/")
    console.locator(f"#judge-{KIND} > summary").click()
    console.get_by_role("button", name="Resolve").click()
    said(console, "Resolved. You are told if it returns.")
    expect(console.get_by_role("heading", name="No open failures")).to_be_visible()
    expect(console.locator("#open-groups")).to_be_empty()
    failed(hours=-0.001)
    expect(console.locator(f"#f-{KIND}")).to_contain_text("returned")
    assert FailureGroup.objects.get().set_by == "ada"


@pytest.mark.parametrize("address", ["/failures/", "/failures/?state=resolved", f"/failures/{KIND}/"])
def test_the_pages_of_failures_are_in_order(console: Page, address: str) -> None:
    for hours in (0.5, 2, 20, 100):
        failed(hours)
    failed(1, "0" * 16)
    console.goto(address)
    is_in_order(console)


def test_the_question_before_a_requeue_is_in_order(console: Page) -> None:
    failed()
    console.goto("/failures/")
    console.get_by_role("link", name="Requeue 1 (24 h)").click()
    expect(console.get_by_role("dialog")).to_be_visible()
    is_in_order(console)
