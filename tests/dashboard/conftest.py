from __future__ import annotations

import pytest

from dashboard import tags
from dashboard.selectors import search, snapshot
from dashboard.selectors.minutes import minutes
from dashboard.selectors.trouble import trouble
from tests.dashboard.enqueueing import CHARGE, SHIP, SHOP
from tests.dashboard.people import operator, signed_in
from tests.dashboard.task_page import TASK


@pytest.fixture(autouse=True)
def fresh_snapshot():
    """The process keeps its picture of the queue for a second, its troubles for five, and past minutes for good."""
    forget()
    yield
    forget()


@pytest.fixture(autouse=True)
def still(monkeypatch):
    """Ages on a page are told anew every few seconds; these tests are about everything else that changes."""
    monkeypatch.setattr(tags, "clock", lambda: 1000.0)


def forget():
    snapshot.memory.forget()
    trouble.forget()
    minutes.forget()


@pytest.fixture(autouse=True)
def time_to_search(monkeypatch):
    """What a search finds in these tests does not hang on how busy the machine is."""
    for name in ("SECONDS", "SECONDS_WITHOUT_TEXT"):
        monkeypatch.setattr(search, name, 30.0)


@pytest.fixture
def ada(client):
    return signed_in(client, operator("ada", superuser=True))


@pytest.fixture
def chief(client):
    return signed_in(client, operator("chief", superuser=True))


@pytest.fixture
def viewer(ada):
    """The same, in tests that only look."""
    return ada


@pytest.fixture
def clerk(client):
    """Somebody who enqueues tasks."""
    return signed_in(client, operator("clerk", "view_task", "add_task", "view_task_payload"))


@pytest.fixture
def charge_allowed(settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {TASK: {}}


@pytest.fixture
def shop_allowed(settings):
    options = {"title": "Charge an invoice", "queue": "payments", "max_attempts": 3}
    names = ("send", "convert", "nothing", "by_position", "gone", "not_callable")
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {CHARGE: options, **{f"{SHOP}.{name}": {} for name in names}}


@pytest.fixture
def parcels_allowed(settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {SHIP: {"rerun": "confirm"}, CHARGE: {"rerun": "safe"}}


@pytest.fixture
def without_allowlist(settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = None
