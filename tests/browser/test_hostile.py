"""Hostile text in every stored field, in a real browser: no script of it runs, and the policy has nothing to report."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from dashboard import get_dashboard_url
from django_simple_queue.models import Task
from tests.browser.look import ask_now
from tests.dashboard.hostile import SHORT, SIZES, everywhere

CHUNK = 12
CHUNKS = [SHORT[start : start + CHUNK] for start in range(0, len(SHORT), CHUNK)]
ACTS = """() => ({
  hits: window.hit ?? 0,
  handlers: [...document.querySelectorAll('*')].flatMap(each => each.getAttributeNames())
    .filter(name => name.startsWith('on') || name.startsWith('hx-on') || name === 'style'),
  elements: [...document.querySelectorAll('script:not([src]), iframe, object, embed, base, #live style, math, marquee')]
    .map(each => each.outerHTML.slice(0, 80)),
  addresses: [...document.querySelectorAll('[href], [src], [action], [formaction]')]
    .flatMap(each => ['href', 'src', 'action', 'formaction'].map(name => each.getAttribute(name)))
    .filter(value => value && !/^[/?#]/.test(value)),
})"""
OVERFLOW = "document.documentElement.scrollWidth - innerWidth"
INERT = {"hits": 0, "handlers": [], "elements": [], "addresses": []}


@pytest.mark.parametrize("payloads", CHUNKS, ids=range(len(CHUNKS)))
def test_it_is_inert_on_the_page_of_its_task(console: Page, payloads: list[str]) -> None:
    for payload in payloads:
        task = everywhere(payload)
        console.goto(get_dashboard_url(task))
        expect(console.locator("#log-text")).to_be_visible()
        assert console.evaluate(ACTS) == INERT, payload
        Task.objects.filter(pk=task.pk).update(log=f"{task.log}\nmore")
        ask_now(console)
        expect(console.locator("#log-text")).to_contain_text("more")
        assert console.evaluate(ACTS) == INERT, payload


def test_it_is_inert_on_every_page_that_lists_it(console: Page) -> None:
    tasks = [everywhere(payload) for payload in SHORT[::2]]
    named = [page for task in tasks[:4] for page in (task_page(task), queue_page(task))]
    for address in ("/", "/?status=failed&rows=100", "/workers/", "/activity/", *named):
        console.goto(address)
        assert console.evaluate(ACTS) == INERT, address


def task_page(task: Task) -> str:
    return reverse("simple_queue_dashboard:named", args=[task.task])


def queue_page(task: Task) -> str:
    return reverse("simple_queue_dashboard:queue", args=[task.queue])


@pytest.mark.parametrize("payload", SIZES, ids=lambda value: repr(value[:6]))
def test_sheer_size_neither_widens_the_page_nor_hides_its_actions(console: Page, payload: str) -> None:
    console.goto(get_dashboard_url(everywhere(payload)))
    expect(console.locator("#task-head")).to_be_in_viewport()
    assert console.evaluate(OVERFLOW) <= 0
    console.set_viewport_size({"width": 390, "height": 844})
    assert console.evaluate(OVERFLOW) <= 0
