"""With every text translated into bracketed words no page says an English sentence: none was built past gettext."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from django_simple_queue.models import Task
from django_simple_queue.models.audit import perform
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import a_task, a_worker, later
from tests.dashboard.routes import ROUTES, WAYS, Scene

pytestmark = pytest.mark.django_db
PATH = "tests.tasks.noop"
OPEN, CLOSE = "\u27e6", "\u27e7"
SENTENCE = re.compile(r"[A-Za-z]{2,} [a-z]{2,}\b(?: [a-z]*)?")  # not an id that begins with letters
LITERAL = frozenset({"code", "kbd", "pre", "script", "style", "option", "title"})
SAID = frozenset({"aria-label", "placeholder", "alt", "data-confirm"})
READABLE = sorted(
    name
    for name, route in ROUTES.items()
    if "GET" in route.methods and route.permission is not None and name not in ("task_text", "export")
)


class Texts(HTMLParser):
    """The texts of a page and of the attributes that are read aloud."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.literal: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in SAID and value]
        if tag in LITERAL:
            self.literal.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.literal and self.literal[-1] == tag:
            self.literal.pop()

    def handle_data(self, data: str) -> None:
        if not self.literal:
            self.found.append(" ".join(data.split()))


def outside(text: str) -> Iterator[str]:
    """What stands outside all brackets."""
    depth, plain = 0, ""
    for sign in text:
        depth += (sign == OPEN) - (sign == CLOSE)
        plain += sign if depth == 0 and sign != CLOSE else "\n"
    yield from SENTENCE.findall(plain)


@pytest.fixture
def bracketed(monkeypatch: pytest.MonkeyPatch) -> None:
    def one(message: str) -> str:
        return f"{OPEN}{message}{CLOSE}" if message else message

    monkeypatch.setattr(translation._trans, "gettext", one)
    monkeypatch.setattr(translation._trans, "ngettext", lambda one_, many, number: one(one_ if number == 1 else many))
    monkeypatch.setattr(translation._trans, "pgettext", lambda context, message: one(message))


@pytest.fixture
def scene(settings: Any) -> Scene:
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {PATH: {"title": "Charge"}}
    worker = a_worker()
    a_worker(alive=False, host="web-2")
    columns = {"task": PATH, "args": "{}", "error": "Declined", "error_class": "Declined"}
    a_task(Task.PROGRESS, worker=worker.pk, progress=40, **columns)
    a_task(Task.PROGRESS, age=9000, **columns)
    for status in (Task.QUEUED, Task.COMPLETED, Task.CANCELLED, Task.FAILED):
        a_task(status, fingerprint="f00d", **columns)
    a_task(Task.QUEUED, attempt=1, max_attempts=3, **columns, **later(50))
    a_task(Task.QUEUED, **columns, **later(5000))
    task = a_task(Task.FAILED, fingerprint="f00d", **columns)
    other = a_task(Task.FAILED, **columns)
    return Scene(task, perform("requeue", Task.objects.filter(pk=other.pk), "omar"))


@pytest.mark.parametrize("name", READABLE)
def test_no_page_speaks_past_gettext(client: Client, scene: Scene, bracketed: None, name: str) -> None:
    signed_in(client, operator("chief", superuser=True))
    addresses = [scene.address(name)]
    if name == "task":
        addresses = [f"/tasks/{pk}/" for pk in Task.objects.values_list("pk", flat=True)]
    if name == "tasks":
        addresses += ["/?status=failed", "/?status=retrying&queue=none", "/?q=nothing", "/?attempt=x", "/?older=x"]
    heard, said = 0, set()
    for address in addresses:
        for headers in WAYS.values():
            html = client.get(address, headers=headers).content.decode()
            heard += html.count(OPEN)
            said |= {f"{words!r} on {address}" for text in Texts(html).found for words in outside(text)}
    assert heard or name == "failures_summary"
    assert not said
