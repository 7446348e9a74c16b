"""What a thumb does on a phone: menus over the page, words that are whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from django_simple_queue.models import OperatorAction, Task
from django_simple_queue.models.audit import perform, undo
from tests.browser.conftest import SignIn
from tests.browser.in_order import DESK, PHONE
from tests.browser.look import row
from tests.browser.scenes import actions, everything
from tests.dashboard.people import operator
from tests.dashboard.queue import a_task

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

COVERED = """panel => [...panel.querySelectorAll("label, a, button, .menu-note")].filter(item => {
  const box = item.getBoundingClientRect();
  return !panel.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
}).map(item => item.textContent.trim())"""

CUT = """() => [...document.querySelectorAll(".filters .select > select, .kpi-note")].filter(element => {
  if (!element.checkVisibility()) return false;
  if (element.matches(".kpi-note")) return element.scrollWidth > element.clientWidth;
  const style = getComputedStyle(element), pen = document.createElement("canvas").getContext("2d");
  pen.font = style.font;
  const room = element.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  return pen.measureText(element.selectedOptions[0].text.trim()).width > room + 1;
}).map(element => element.outerHTML.slice(0, 80))"""
CUT_HINTS = """inputs => inputs.filter(input => {
  const style = getComputedStyle(input), pen = document.createElement("canvas").getContext("2d");
  pen.font = `${style.fontSize} ${style.fontFamily}`;
  const room = input.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  return pen.measureText(input.placeholder).width > room;
}).map(input => input.placeholder)"""
UNFILLED = """wrappers => wrappers.filter(wrapper => wrapper.checkVisibility()
  && Math.abs(wrapper.offsetWidth - wrapper.querySelector("select").offsetWidth) > 1).map(each => each.className)"""
NUMBER = "tests.tasks.number"
OFF_CENTRE = """choice => {
  const range = document.createRange(), box = choice.getBoundingClientRect();
  range.selectNodeContents(choice);
  const words = range.getBoundingClientRect();
  return Math.abs((words.top + words.bottom) / 2 - (box.top + box.bottom) / 2);
}"""
LINE_STARTS = """paragraph => {
  const boxes = [...paragraph.querySelectorAll(".task")].map(link => link.getBoundingClientRect());
  const first = boxes.filter((box, at) => at && box.y > boxes[at - 1].y + 4);
  return [...new Set(first.map(box => Math.round(box.x - paragraph.getBoundingClientRect().x)))];
}"""


@pytest.fixture
def phone(signed_in: SignIn) -> Page:
    everything()
    return signed_in(viewport=PHONE, has_touch=True)


@pytest.mark.parametrize("address", ["/", "/workers/", "/failures/"])
def test_the_menus_of_the_bar_are_over_the_page(phone: Page, address: str) -> None:
    phone.goto(address)
    live = phone.locator("#connection")
    open_menu(live)
    live.get_by_text("Every 15 s").tap()
    expect(live.get_by_role("radio", name="Every 15 s")).to_be_checked()
    open_menu(phone.locator(".topbar details:has(.avatar)"))


def requeued_and_undone_by_omar(task: Task) -> None:
    perform("requeue", Task.objects.filter(pk=task.pk), operator("omar", superuser=True), "send_email")
    undo(OperatorAction.objects.get())


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_failed_row_that_somebody_acted_on_shows_its_error_at_the_same_height(phone: Page, size: Any) -> None:
    acted, other = a_task(Task.FAILED), a_task(Task.FAILED)
    requeued_and_undone_by_omar(acted)
    phone.set_viewport_size(size)
    phone.goto("/?status=failed")
    error = row(phone, acted).locator(".err")
    expect(error).to_have_text("CardDeclined: no funds")
    assert error.evaluate("error => error.scrollWidth <= error.clientWidth")
    expect(row(phone, acted)).to_contain_text("Requeued by omar, undone")
    heights = [row(phone, task).evaluate("row => row.offsetHeight") for task in (acted, other)]
    assert heights[0] == heights[1]


def test_two_workers_of_one_host_are_told_apart(phone: Page) -> None:
    phone.goto("/workers/")
    expect(phone.locator(".fleet .name .task i").first).to_be_visible()


def test_filters_and_tiles_show_their_words(phone: Page) -> None:
    phone.goto("/activity/")
    assert phone.evaluate(CUT) == []
    phone.goto("/")
    assert phone.evaluate(CUT) == []


def test_a_title_is_explained_before_what_can_be_done(phone: Page) -> None:
    task = a_task(Task.FAILED, task=NUMBER, error_class="shop.CardDeclined", fingerprint="0123456789abcdef")
    for address, words in ((f"/tasks/named/{task.task}/", "p.lede"), ("/failures/0123456789abcdef/", ".muted")):
        phone.goto(address)
        head = phone.locator(".page-head")
        assert bottom(head.locator("h1")) <= top(head.locator(words)) <= top(head.locator(".actions"))


def test_the_words_of_a_choice_stand_in_its_middle(phone: Page) -> None:
    phone.goto(f"/tasks/named/{a_task(task=NUMBER).task}/")
    for choice in phone.locator(".seg a").all():
        assert choice.evaluate(OFF_CENTRE) <= 1


def test_a_question_has_one_left_edge(phone: Page) -> None:
    phone.goto("/workers/")
    phone.get_by_role("link", name="Pause all").tap()
    parts = phone.locator("dialog[open] :is(h2, label)")
    expect(parts.first).to_be_visible()
    assert len(set(parts.evaluate_all("parts => parts.map(part => part.getBoundingClientRect().x)"))) == 1


def test_a_filter_stands_close_below_its_word(phone: Page) -> None:
    phone.goto("/")
    phone.locator(".filters summary").first.tap()
    field = phone.locator(".menu-panel .field", has=phone.get_by_label("Error contains"))
    assert top(field.locator("input")) - top(field.locator("label")) < 32
    assert phone.locator(".menu-panel .field input").evaluate_all(CUT_HINTS) == []


def top(shown: Locator) -> float:
    return float(shown.evaluate("element => element.getBoundingClientRect().top"))


def bottom(shown: Locator) -> float:
    return float(shown.evaluate("element => element.getBoundingClientRect().bottom"))


def test_a_chosen_task_fills_its_select_and_begins_with_its_name(phone: Page) -> None:
    phone.goto("/?task=dashboard.project.demo.tasks.reserve_stock&queue=default")
    assert phone.locator(".filters > .select").evaluate_all(UNFILLED) == []
    chosen = phone.get_by_label("Task", exact=True).locator("option:checked")
    expect(chosen).to_have_text("reserve_stock · dashboard.project.demo.tasks")


def test_of_a_long_error_and_what_somebody_did_the_error_is_cut(phone: Page) -> None:
    task = a_task(Task.FAILED, error="ValueError: " + "a very long reason " * 20, error_class="builtins.ValueError")
    requeued_and_undone_by_omar(task)
    phone.set_viewport_size(DESK)
    phone.goto("/?status=failed")
    note = row(phone, task).locator(".beside > :not(.err)")
    expect(note).to_contain_text("Requeued by omar, undone")
    assert note.evaluate("note => note.scrollWidth <= note.clientWidth")


def test_the_tasks_of_an_action_stand_below_one_another(phone: Page) -> None:
    phone.goto(actions())
    assert phone.locator(".feed li").first.locator("p").evaluate(LINE_STARTS) == [0]


def open_menu(menu: Locator) -> None:
    menu.locator("summary").tap()
    panel = menu.locator(".menu-panel")
    expect(panel).to_be_visible()
    assert panel.evaluate(COVERED) == []
