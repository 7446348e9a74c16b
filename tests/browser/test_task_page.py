"""The page of one task in a browser: its live log, the two views of a trace, copying, and paper."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from dashboard import get_dashboard_url
from django_simple_queue.failure import from_exception
from django_simple_queue.models import Task
from tests.browser.conftest import SignIn
from tests.browser.look import state
from tests.dashboard.queue import a_task, a_worker
from tests.engine.fleet import Fleet, enqueue

AT_END = "log => log.scrollHeight - log.scrollTop - log.clientHeight < 2"
SELECT = "line => getSelection().selectAllChildren(line)"
SELECTED = "getSelection().toString().trim()"


def running(lines: int = 60) -> Task:
    return a_task(Task.PROGRESS, worker=a_worker().pk, log=text(lines))


def text(lines: int) -> str:
    return "".join(f"line {number}\n" for number in range(lines))


def grows(page: Page, task: Task, lines: int) -> Locator:
    """Let the log have so many lines, and wait until the page shows them."""
    Task.objects.filter(pk=task.pk).update(log=text(lines))
    log = page.locator("#log-text")
    expect(log).to_contain_text(f"line {lines - 1}")
    return log


def failed() -> Task:
    try:
        int("no number")
    except ValueError as error:
        failure = from_exception(error)
    return a_task(Task.FAILED, error=failure.error, error_class=failure.error_class, frames=failure.frames, log=text(3))


def test_a_live_log_follows_its_end(console: Page) -> None:
    task = running()
    console.goto(get_dashboard_url(task))
    follow = console.locator("[data-follow='#log-text']")
    expect(follow).to_have_attribute("aria-pressed", "true")
    log = grows(console, task, 90)
    assert log.evaluate(AT_END)
    log.evaluate("log => { log.scrollTop = 40; }")
    expect(follow).to_have_attribute("aria-pressed", "false")
    grows(console, task, 120)
    assert log.evaluate("log => log.scrollTop") == 40
    expect(follow).to_have_attribute("aria-pressed", "false")
    follow.click()
    assert log.evaluate(AT_END)
    assert grows(console, task, 150).evaluate(AT_END)


def test_a_live_log_keeps_what_its_reader_has_selected(console: Page) -> None:
    task = running()
    console.goto(get_dashboard_url(task))
    console.locator("#log-text > span", has_text="line 57").evaluate(SELECT)
    assert console.evaluate(SELECTED) == "line 57"
    for lines in (61, 80, 120):
        log = grows(console, task, lines)
        assert console.evaluate(SELECTED) == "line 57"
    assert not log.evaluate(AT_END), "a text under selection does not run away"


def test_the_end_of_a_long_log_keeps_a_selection_while_it_moves_on(console: Page) -> None:
    task = running(5_000)
    console.goto(get_dashboard_url(task))
    expect(console.locator("#log-text .cut")).to_contain_text("before this are not shown")
    console.locator("#log-text > span", has_text="line 4990").evaluate(SELECT)
    grows(console, task, 5_040)
    assert console.evaluate(SELECTED) == "line 4990"


def test_a_real_task_shows_its_log_and_progress_while_it_runs(console: Page, worker: Fleet, tmp_path: Path) -> None:
    go = tmp_path / "go"
    task = enqueue("show_and_wait", {"go": str(go)})
    console.goto(f"/tasks/{task}/")
    expect(console.locator("#log-text")).to_contain_text("printed", timeout=20_000)
    expect(console.locator("#progress progress")).to_have_attribute("value", "62")
    go.touch()
    state(console, "Completed", timeout=20_000)
    expect(console.locator("#output-text")).to_contain_text("shown")
    expect(console.locator("[data-follow]")).to_have_count(0)


def test_the_full_trace_is_behind_a_tab_that_keys_reach_and_updates_keep(console: Page) -> None:
    task = failed()
    console.goto(get_dashboard_url(task))
    expect(console.locator(".own-code")).to_contain_text("no number")
    expect(console.locator("#error-text")).to_be_hidden()
    console.locator("#trace-own").focus()
    console.keyboard.press("ArrowRight")
    expect(console.locator("#error-text")).to_contain_text("Traceback")
    expect(console.locator(".own-code")).to_be_hidden()
    Task.objects.filter(pk=task.pk).update(log="news")
    expect(console.locator("#log-text")).to_have_text("news")
    expect(console.locator("#error-text")).to_be_visible()
    expect(console.locator("#trace-full")).to_be_focused()


def test_texts_are_copied_as_they_are(signed_in: SignIn) -> None:
    page = signed_in(permissions=["clipboard-read", "clipboard-write"])
    task = failed()
    page.goto(get_dashboard_url(task))
    copies = {"Copy id": str(task.pk), "Copy log": text(3)}
    for label, expected in copies.items():
        button = page.get_by_role("button", name=label)
        button.click()
        expect(button).to_have_attribute("data-copied", "")
        assert page.evaluate("navigator.clipboard.readText()") == expected


def test_without_javascript_there_is_no_button_that_does_nothing(signed_in: SignIn) -> None:
    page = signed_in(java_script_enabled=False)
    page.goto(get_dashboard_url(running()))
    expect(page.locator("#log-text")).to_contain_text("line 59")
    expect(page.get_by_role("button", name="Follow")).to_be_hidden()
    expect(page.get_by_role("button", name="Copy log")).to_be_hidden()
    expect(page.get_by_role("link", name="Download log")).to_be_visible()


def test_on_paper_everything_is_there_and_nothing_to_press(console: Page) -> None:
    console.goto(get_dashboard_url(failed()))
    console.emulate_media(media="print")
    expect(console.locator(".own-code")).to_be_visible()
    expect(console.locator("#error-text")).to_be_visible()
    expect(console.locator("#log-text")).to_be_visible()
    expect(console.locator(".topbar")).to_be_hidden()
    assert console.locator("main button:visible").count() == 0
    assert console.locator("#log-text").evaluate("log => getComputedStyle(log).maxHeight") == "none"
    link = console.locator("#facts a").first
    assert link.get_attribute("href") in link.evaluate("link => getComputedStyle(link, '::after').content")


def test_all_that_failed_in_the_same_way_are_requeued_from_the_page_of_one(console: Page) -> None:
    same = [a_task(Task.FAILED, fingerprint="f" * 16, task="shop.tasks.send_email") for _ in range(3)]
    other = a_task(Task.FAILED, fingerprint="e" * 16)
    console.goto(get_dashboard_url(same[0]))
    console.get_by_role("button", name="Requeue 3 (24").click()
    dialog = console.get_by_role("dialog")
    expect(dialog).to_contain_text("3")
    dialog.locator("button.btn-primary").first.click()
    state(console, "Queued")
    assert {Task.objects.get(pk=task.pk).status for task in same} == {Task.QUEUED}
    assert Task.objects.get(pk=other.pk).status == Task.FAILED


def test_bars_of_the_last_runs_lead_to_their_tasks(console: Page) -> None:
    tasks = [a_task(Task.COMPLETED, age=100 - number) for number in range(8)]
    console.goto(get_dashboard_url(tasks[0]))
    bars = console.locator("#runs svg a")
    expect(bars).to_have_count(8)
    expect(console.locator("#runs [aria-current=page]")).to_have_attribute("href", get_dashboard_url(tasks[0]))
    bars.nth(5).click()
    expect(console).to_have_url(console.url.split("/tasks/")[0] + get_dashboard_url(tasks[5]))
