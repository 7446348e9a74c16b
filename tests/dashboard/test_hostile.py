"""Hostile text in every stored field, on every page that shows it: as the server sends it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import quote

import pytest

from tests.dashboard.hostile import EVERYTHING, LIVE, everywhere
from tests.dashboard.people import operator, signed_in

pytestmark = pytest.mark.django_db
VALUE = re.compile(r' (?:value|data-queue)="[^"]*"')
"""What a form sends back, or a script, must be what was stored."""


class Reader(HTMLParser):
    """Collects what could act on a page: handlers, addresses that run, styles, scripts and frames of its own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.faults: list[str] = []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag in ("iframe", "object", "embed", "style", "base", "math", "video", "audio", "marquee"):
            self.faults.append(tag)
        if tag == "script" and not (values.get("src") or "").startswith("/static/"):
            self.faults.append(f"script {values}")
        self.faults += [f"{tag} {name}" for name in values if name.startswith(("on", "hx-on")) or name == "style"]
        addresses = [values.get(name) or "" for name in ("href", "src", "action", "formaction", "xlink:href")]
        self.faults += [address for address in addresses if address and address[0] not in "/?#"]


def faults(html: str) -> list[str]:
    reader = Reader()
    reader.feed(html)
    shown = VALUE.sub("", html)
    return [*reader.faults, *(repr(sign) for sign in LIVE if sign in shown)]


@pytest.mark.parametrize("payload", EVERYTHING, ids=lambda value: repr(value[:24]))
@pytest.mark.ability(15)
def test_every_page_shows_it_as_text(client, payload, settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {}
    signed_in(client, operator("chief", superuser=True))
    task = everywhere(payload)
    pages = [
        f"/tasks/{task.pk}/",
        f"/tasks/{task.pk}/?more=log",
        f"/tasks/named/{quote(task.task, safe='')}/",
        f"/queues/named/{quote(task.queue, safe='')}/",
        "/?status=failed",
        "/workers/",
        "/activity/",
    ]
    for address in pages:
        response = client.get(address)
        assert response.status_code == (404 if "%00" in address else 200), address
        html = response.content.decode()
        assert faults(html) == [], address
        assert len(html) < 1_000_000, address


@pytest.mark.parametrize("payload", ["<script>alert(1)</script>", "\u202e", "'\"><b onclick=x>"])
def test_what_is_typed_into_an_address_comes_back_as_text(client, payload):
    signed_in(client, operator("chief", superuser=True))
    for address in (
        "/tasks/named/{}/",
        "/queues/named/{}/",
        "/?q={}",
        "/?task={}",
        "/enqueue/?task={}",
        "/workers/?x={}",
    ):
        assert faults(client.get(address.format(quote(payload, safe=""))).content.decode()) == [], address


def test_a_fault_would_be_found():
    assert faults('<a href="javascript:x">\x1b</a><p onclick=x><script>1</script><iframe>')
