"""The second click of a double click does nothing; every other click and key does what it says, at once."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from django_simple_queue.models import OperatorAction, QueuePause, Task
from tests.browser.conftest import SignIn
from tests.browser.look import audited, fresh, is_live, row, said
from tests.browser.test_fleet_and_failures import KIND, failed
from tests.dashboard.queue import a_task, a_worker

MAIL = "/queues/named/mail/"
GONE = "No task of this group is failed any more"


def requeue_group(page: Page, address: str) -> Locator:
    """The answer of the question that the button of a group asks."""
    page.goto(address)
    is_live(page)
    page.locator(f"#requeue-{KIND}").first.click()
    return page.get_by_role("dialog").get_by_role("button", name="Requeue")


@pytest.mark.parametrize("address", ["/failures/", f"/failures/{KIND}/"])
def test_a_group_is_requeued_once_by_a_double_click(console: Page, address: str) -> None:
    tasks, sent = [failed(), failed(2)], []
    answer = requeue_group(console, address)
    console.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    answer.dblclick()
    said(console, "Requeued 2 of 2")
    expect(console.locator("#outcome [data-undo]")).to_be_visible()
    expect(console.locator("dialog[open]")).to_have_count(0)
    assert len(sent) == 1
    assert {fresh(task).status for task in tasks} == {Task.QUEUED}
    assert len(audited("requeue")) == 1


def test_the_page_of_a_group_says_that_nothing_of_it_is_failed_any_more_and_shows_what_an_undo_brings_back(
    console: Page,
) -> None:
    failed()
    requeue_group(console, f"/failures/{KIND}/").click()
    gone = console.locator("#gone")
    expect(gone).to_contain_text(GONE)
    expect(gone.get_by_role("link", name="All failures")).to_be_focused()
    expect(console.locator(f"#requeue-{KIND}")).to_have_count(0)
    expect(console.get_by_role("link", name="Incident summary")).to_be_hidden()
    console.locator("#outcome [data-undo]").click()
    expect(console.locator("#group")).to_be_visible()
    expect(gone).to_have_count(0)


def test_the_second_click_does_not_meet_what_the_dialog_hid(console: Page) -> None:
    a_worker()
    console.goto("/workers/")
    console.get_by_role("link", name="Pause all…").click()
    keep = console.get_by_role("dialog").get_by_role("link", name="Keep as is")
    place = keep.bounding_box()
    assert place
    console.evaluate(
        """([x, y]) => {
            const below = document.createElement("button");
            below.style = `position: fixed; left: ${x}px; top: ${y}px; inline-size: 3rem; block-size: 2rem`;
            below.id = "below";
            below.onclick = () => below.dataset.clicked = "";
            document.body.append(below);
        }""",
        [place["x"], place["y"]],
    )
    spot = {"x": 8, "y": 8}
    keep.dblclick(position=spot)
    expect(console.locator("dialog[open]")).to_have_count(0)
    expect(console.locator("#below[data-clicked]")).to_have_count(0)
    console.locator("#below").click(position={"x": 40, "y": 20})
    expect(console.locator("#below[data-clicked]")).to_have_count(1)


def paused_from_its_page(page: Page) -> None:
    a_task(queue="mail")
    page.goto(MAIL)
    page.keyboard.press("p")  # no update by itself mends what the answer shows
    page.get_by_role("link", name="Pause…").click()
    page.get_by_label("Reason").fill("Provider is down")
    page.get_by_role("button", name="Pause queue").click()
    page.locator("#pauses [data-resume]").wait_for()


def test_a_queue_is_resumed_by_a_quick_click_after_it_was_paused(console: Page) -> None:
    paused_from_its_page(console)
    console.locator("#pauses [data-resume]").click()
    said(console, "Resumed queue mail.")
    assert not QueuePause.objects.exists()


def test_a_queue_is_resumed_by_a_key_at_once(console: Page) -> None:
    paused_from_its_page(console)
    expect(console.locator("#pauses [data-resume]")).to_be_focused()
    console.keyboard.press("Enter")
    said(console, "Resumed queue mail.")


def test_undo_elsewhere_is_taken_at_once(console: Page) -> None:
    task = a_task(Task.FAILED)
    console.goto("/?status=failed")
    row(console, task).get_by_role("button", name="Requeue").click()
    console.locator("#outcome [data-undo]").click()
    said(console, "as before")
    assert fresh(task).status == Task.FAILED


def test_a_page_that_has_just_come_takes_the_first_click(console: Page) -> None:
    QueuePause.objects.create(queue="mail", reason="x", since=timezone.now())
    console.add_init_script("performance.now = () => 1")
    console.goto("/workers/")
    console.locator("#pauses [data-resume]").click()
    said(console, "Resumed queue mail.")


@pytest.mark.parametrize("javascript", [True, False])
def test_a_pause_leaves_one_on_the_page_it_was_asked_from(signed_in: SignIn, javascript: bool) -> None:
    page = signed_in(java_script_enabled=javascript)
    paused_from_its_page(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("mail")
    expect(page.locator("#queue-head")).to_contain_text("Paused")
    assert page.url.endswith(MAIL)
    assert OperatorAction.objects.get().reason == "Provider is down"
