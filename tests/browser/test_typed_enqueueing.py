"""The typed form in a real browser: by keyboard alone, without JavaScript, narrow and dark, with mistakes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from django_simple_queue.models import Task
from tests.browser.conftest import SignIn
from tests.browser.in_order import in_both_themes
from tests.browser.keys import Keys
from tests.browser.look import audited, said

SHOP = "tests.dashboard.shop"
SHIP = f"/enqueue/?task={SHOP}.ship"
SECRET = "hunter2hunter2"


@pytest.fixture(autouse=True)
def ships(settings: Any, allowlist: None) -> Iterator[None]:
    names = ("ship", "charge", "send", "settle", "nothing")
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {f"{SHOP}.{name}": {"rerun": "confirm"} for name in names}
    yield


def field(page: Page, name: str) -> Any:
    return page.locator(f"[id='f-a.{name}']")


def send(page: Page) -> None:
    page.locator("[data-submit]").click()


def passed() -> dict[str, Any]:
    return dict(Task.objects.latest("created").arguments)


def test_by_keyboard_alone(console: Page, record_property: Any) -> None:
    keys = Keys(console)
    console.goto("/")
    keys.press("e")
    console.wait_for_url("**/enqueue/")
    keys.press("/")
    expect(console.locator("input[name=q]")).to_be_focused()
    keys.type("charge")
    keys.press("Enter")
    console.wait_for_url("**q=charge**")
    keys.tab_to(console.get_by_role("navigation", name="Tasks").get_by_role("link", name="charge"))
    keys.press("Enter")
    console.wait_for_url("**task=**")
    keys.tab_to(field(console, "invoice_id"))
    keys.type("48213")
    keys.press("Control+Enter")
    console.wait_for_url("**/tasks/*/")
    said(console, "Enqueued charge")
    assert passed() == {"invoice_id": 48213}
    record_property("keys", keys.count)
    assert keys.count < 60


def test_enter_sends_the_form_and_never_adds_a_row(console: Page) -> None:
    console.goto(f"/enqueue/?task={SHOP}.charge")
    field(console, "invoice_id").fill("7")
    field(console, "invoice_id").press("Enter")
    console.wait_for_url("**/tasks/*/")
    assert passed() == {"invoice_id": 7}


def test_rows_are_added_in_place_with_the_focus_in_the_new_one(console: Page) -> None:
    console.goto(SHIP)
    field(console, "to").fill("Eva")
    field(console, "order").fill(str(2**60 + 1))
    for number, word in enumerate(("first", "second", "third")):
        console.get_by_role("button", name="Add to tags").click()
        expect(field(console, f"tags.{number}")).to_be_focused()
        console.keyboard.type(word)
    console.get_by_role("button", name="Remove Item 2 of tags").click()
    expect(field(console, "tags.1")).to_have_value("third")
    expect(field(console, "to")).to_have_value("Eva")
    send(console)
    said(console, "Enqueued ship")
    assert passed() == {"to": "Eva", "order": 2**60 + 1, "tags": ["first", "third"]}


def test_the_preview_follows_what_is_typed(console: Page) -> None:
    console.goto(SHIP)
    expect(console.locator("#preview")).to_contain_text("2 to fill in")
    field(console, "order").fill("7")
    sent = []
    console.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    field(console, "to").press_sequentially("Ea", delay=20)
    field(console, "to").press("ArrowLeft")
    expect(console.locator("#preview pre")).to_contain_text("'Ea'")
    console.keyboard.type("v")
    expect(console.locator("#preview pre")).to_contain_text("'Eva'")
    expect(field(console, "to")).to_be_focused()
    assert field(console, "to").evaluate("field => [field.value, field.selectionStart]") == ["Eva", 2]
    assert len(sent) <= 3, "not one for each key"
    assert not Task.objects.exists()


def test_the_preview_names_what_is_to_be_corrected(console: Page) -> None:
    console.goto(f"/enqueue/?task={SHOP}.charge")
    field(console, "invoice_id").fill("abc")
    wrong = console.locator("#preview .checks .is-failed")
    expect(wrong).to_contain_text(["Not complete yet: 1", "invoice_id: “abc” is not a whole number"])


def test_the_preview_says_nothing_aloud_and_keeps_the_focus_in_itself(console: Page) -> None:
    console.goto(f"/enqueue/?task={SHOP}.charge")
    assert console.locator("#preview").evaluate("element => element.closest('[aria-live], [role=status]')") is None
    assert console.locator("#preview :is([aria-live], [role=status], [role=alert])").count() == 0
    field(console, "invoice_id").fill("7")
    call = console.locator("#preview pre")
    expect(call).to_contain_text('"invoice_id": 7')
    field(console, "invoice_id").evaluate("""field => {
        field.value = "78";
        field.dispatchEvent(new Event("input", { bubbles: true }));
        document.querySelector("#preview [data-copy]").focus();
    }""")
    expect(call).to_contain_text('"invoice_id": 78')
    expect(console.locator("#preview [data-copy]")).to_be_focused()


EXPECTED = {"to": "Eva <b>", "order": 7, "fragile": False, "labels": [3], "carrier": "ups", "on": "2026-12-31"}


def fill_in(page: Page, order: str) -> None:
    page.goto(SHIP)
    field(page, "to").fill("Eva <b>")
    field(page, "order").fill(order)
    field(page, "fragile").uncheck()
    page.get_by_role("button", name="Add to labels").click()
    field(page, "labels.0").fill("3")
    field(page, "carrier").select_option(label="ups")
    field(page, "on").fill("2026-12-31")
    field(page, "token").fill(SECRET)


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def page(request: Any, signed_in: SignIn) -> Page:
    return signed_in("ada", java_script_enabled=request.param)


def test_a_mistake_is_led_to_and_nothing_typed_is_lost_through_json_and_back(page: Page) -> None:
    fill_in(page, order="seven")
    send(page)
    expect(page.get_by_role("alert")).to_contain_text("order: “seven” is not a whole number")
    expect(page.locator("#problems")).to_be_focused()
    page.get_by_role("alert").get_by_role("link").click()
    expect(field(page, "order")).to_be_focused()
    field(page, "order").fill("7")
    page.get_by_role("button", name="JSON").click()
    args = json.loads(page.get_by_label("Arguments", exact=True).input_value())
    assert args["labels"] == [3]
    page.get_by_role("button", name="Form", exact=True).click()
    expect(field(page, "to")).to_have_value("Eva <b>")
    send(page)
    said(page, "Enqueued ship")
    assert passed() == EXPECTED | {"token": SECRET}


def test_a_task_is_edited_and_its_secret_stays_on_the_server(page: Page) -> None:
    fill_in(page, order="7")
    send(page)
    page.get_by_role("link", name="Edit and requeue").click()
    expect(page.get_by_role("heading", name="Edit and requeue")).to_be_visible()
    assert SECRET not in page.content()
    field(page, "order").fill("8")
    send(page)
    said(page, "Enqueued ship")
    assert passed() == EXPECTED | {"order": 8, "token": SECRET}
    assert len(audited("edit")) == 1


def test_production_asks_for_a_second_look(console: Page, settings: Any) -> None:
    settings.DJANGO_SIMPLE_QUEUE_ENVIRONMENT = "production"
    console.goto(f"/enqueue/?task={SHOP}.charge")
    field(console, "invoice_id").fill("7")
    send(console)
    expect(console.locator("#review")).to_be_focused()
    assert in_both_themes(console) == []
    console.get_by_role("button", name="Back to the form").click()
    expect(field(console, "invoice_id")).to_have_value("7")
    send(console)
    console.get_by_role("button", name="Enqueue in production").click()
    console.wait_for_url("**/tasks/*/")
    assert passed() == {"invoice_id": 7}


def test_the_annotation_shows_on_hover_and_on_focus(console: Page) -> None:
    console.goto(SHIP)
    annotation = console.locator("label[for='f-a.weight'] code")
    expect(annotation).to_be_hidden()
    field(console, "weight").hover()
    expect(annotation).to_have_text("float = 1.5")
    field(console, "order").focus()
    expect(console.locator("label[for='f-a.order'] code")).to_be_visible()


CUT = "boxes => boxes.filter(box => box.scrollWidth > box.clientWidth).map(box => box.textContent)"
HEIGHTS = "labels => labels.map(label => label.getBoundingClientRect().height)"


@pytest.mark.parametrize("width", [1440, 390])
def test_the_words_beside_a_long_name_are_not_cut(signed_in: SignIn, width: int) -> None:
    page = signed_in("ada", viewport={"width": width, "height": 900})
    page.goto(f"/enqueue/?task={SHOP}.settle")
    assert "whole number" in page.locator(".kind > span").all_text_contents()
    assert page.locator("html, .kind, .check").evaluate_all(CUT) == []
    assert page.locator(".kind > span").evaluate_all(CUT) == []
    labels = page.locator(".field > label, legend")
    heights = labels.evaluate_all(HEIGHTS)
    field(page, "amount_in_cents").hover()
    assert labels.evaluate_all(HEIGHTS) == heights


@pytest.mark.parametrize("width", [1440, 390])
def test_every_field_and_every_mistake_on_every_screen(signed_in: SignIn, width: int) -> None:
    page = signed_in("ada", viewport={"width": width, "height": 900}, has_touch=width < 500)
    page.goto(SHIP)
    page.get_by_role("button", name="Add to tags").click()
    expect(field(page, "tags.0")).to_be_visible()
    for name in ("order", "weight", "value", "key", "spot.0"):
        field(page, name).fill("x" * 60)
    send(page)
    expect(page.locator("#problems")).to_be_focused()
    assert in_both_themes(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    page.get_by_role("button", name="Preview", exact=True).click()
    page.goto(f"{SHIP}&mode=json")
    assert in_both_themes(page) == []
