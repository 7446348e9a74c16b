"""With every text translated into letters of its own no page says an English word: none was built past gettext."""

from __future__ import annotations

import json
import re
import string
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from dashboard.formats import day_and_time
from django_simple_queue.models import Task
from django_simple_queue.models.audit import perform
from django_simple_queue.redaction import REDACTED
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import a_task, a_worker, later
from tests.dashboard.routes import ROUTES, WAYS, Scene

pytestmark = pytest.mark.django_db
PATH = "tests.tasks.noop"
WIDE = {ord(letter): ord(letter) + 0xFEE0 for letter in string.ascii_letters}
KEPT = re.compile(r"(%\(\w+\)[sd]|%[sd%]|\{\w*\}|</?\w+[^>]*>|&\w+;|https?:\S+)")
WORD = re.compile(r"(?<![\w.:=&?/@'+-])[A-Za-z]{2,}(?![\w=&?/@]|[.:-]\w|://)")
ARGUMENTS = (
    "{broken",
    '{"token": "hunter2hunter2"}',
    json.dumps({"token": {str(n): str(1000 + n) for n in range(400)}}),
    '{"token": ' + "[" * 200_000,
    json.dumps({"1": "7" * 90_000, "8" * 90_000: 1}),
)
LITERAL = frozenset({"code", "kbd", "pre", "script", "style", "textarea"})
SAID = frozenset({"aria-label", "placeholder", "alt", "title", "label", "data-confirm", "data-label"})
DATA = frozenset(
    "Charge ConnectTimeout Declined default token noop shop tests tasks web chief omar CH OM SQ "
    "SQLite PostgreSQL Simple Queue Django UTC ID CSV JSON JSONL Markdown".split()
)
READABLE = sorted(
    name
    for name, route in ROUTES.items()
    if "GET" in route.methods and route.permission is not None and name not in ("task_text", "export")
)


class Texts(HTMLParser):
    """The texts of a page and of its attributes that are read, but for those that name a value as it is stored."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.literal: list[str] = []
        self.values: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in SAID and value]
        self.values |= {value for name, value in attrs if name in ("value", "data-value", "href") and value}
        if tag in LITERAL or (tag == "option" and not any(name == "value" for name, _ in attrs)):
            self.literal.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.literal and self.literal[-1] == tag:
            self.literal.pop()

    def handle_data(self, data: str) -> None:
        if not self.literal:
            text = " ".join(data.split())
            self.found += [] if text in self.values else [text]


def pseudo(message: str) -> str:
    """Return ``message`` in wide letters; what is filled in later stays as it is."""
    parts = KEPT.split(message)
    return "".join(part if position % 2 else part.translate(WIDE) for position, part in enumerate(parts))


@pytest.fixture
def wide_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    translation.gettext("")
    monkeypatch.setattr(translation._trans, "gettext", pseudo)
    monkeypatch.setattr(translation._trans, "ngettext", lambda one, many, n: pseudo(one if n == 1 else many))
    monkeypatch.setattr(translation._trans, "pgettext", lambda context, message: pseudo(message))


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
    for args in ARGUMENTS:
        a_task(Task.FAILED, **columns | {"args": args})
    task = a_task(Task.FAILED, fingerprint="f00d", **columns)
    other = a_task(Task.FAILED, **columns)
    return Scene(task, perform("requeue", Task.objects.filter(pk=other.pk), "omar"))


@pytest.mark.parametrize("name", READABLE)
def test_no_page_speaks_past_gettext(client: Client, scene: Scene, wide_letters: None, name: str) -> None:
    signed_in(client, operator("chief", superuser=True))
    heard, said = 0, set()
    for address in addresses(scene, name):
        for headers in WAYS.values():
            html = client.get(address, headers=headers).content.decode()
            heard += sum(ord("\uff21") <= ord(sign) <= ord("\uff5a") for sign in html)
            said |= {f"{word!r} in {text!r} on {address}" for text in Texts(html).found for word in english(text)}
    assert heard or name == "failures_summary"
    assert not said, "\n".join(sorted(said))


def addresses(scene: Scene, name: str) -> list[str]:
    if name == "task":
        return [f"/tasks/{pk}/" for pk in Task.objects.values_list("pk", flat=True)]
    more = ["/?status=failed", "/?status=retrying&queue=web", "/?q=shop", "/?attempt=x", "/?older=x"]
    return [scene.address(name), *(more if name == "tasks" else [])]


def english(text: str) -> list[str]:
    return [word for word in WORD.findall(text.replace(REDACTED, "")) if word not in DATA]


def test_a_page_says_which_language_it_speaks(client: Client, settings: Any) -> None:
    settings.LANGUAGE_CODE = "de"
    signed_in(client, operator("chief", superuser=True))
    assert '<html lang="de"' in client.get("/").content.decode()


def test_another_day_is_told_in_the_months_of_the_language() -> None:
    with translation.override("de"):
        assert day_and_time(datetime(2026, 3, 4, 9, 30)) == "4 Mär 09:30"
