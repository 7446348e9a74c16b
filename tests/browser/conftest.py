from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import expect

from dashboard.selectors import snapshot
from dashboard.selectors.minutes import minutes
from dashboard.selectors.trouble import trouble
from tests.browser.site import Site
from tests.dashboard.people import operator
from tests.engine.fleet import Fleet, Ledger
from tests.support.browser import NewPage

if TYPE_CHECKING:
    from playwright.sync_api import Page

ALLOWED = {
    "tests.tasks.number": {"title": "Give a number"},
    "tests.tasks.chatty": {"title": "Talk a lot"},
    "tests.tasks.fail_until": {"title": "Fail a few times"},
    "tests.tasks.two_arguments": {"title": "Add two numbers"},
    "tests.tasks.sleep": {"title": "Sleep"},
    "tests.tasks.show_and_wait": {"title": "Show and wait"},
    "tests.tasks.fail": {"title": "Fail", "max_attempts": 3},
    "shop.tasks.send_email": {"title": "Send an e-mail"},
    "shop.tasks.retired": {"title": "Retired"},
    "billing.tasks.charge_invoice": {"title": "Charge", "secret_args": ["number"]},
}
SETTINGS = {"DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS": ALLOWED}
expect.set_options(timeout=10_000)
SignIn = Callable[..., "Page"]


@pytest.fixture(autouse=True)
def allowlist(settings: Any, transactional_db: None) -> Iterator[None]:
    """The live server runs in this process: it sees the same settings, and forgets its picture between tests."""
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = ALLOWED
    snapshot.memory.forget()
    trouble.forget()
    minutes.forget()
    yield
    snapshot.memory.forget()


@pytest.fixture
def signed_in(new_page: NewPage, live_server: Any) -> SignIn:
    """`signed_in("ada", "view_task", **context)`: a page of an operator; without permissions they have them all."""

    def open_page(name: str = "ada", *permissions: str, **context: Any) -> Page:
        user = User.objects.filter(username=name).first() or operator(name, *permissions, superuser=not permissions)
        page = new_page(reduced_motion="reduce", **context)
        page.context.add_cookies([session_cookie(user, context.get("base_url", live_server.url))])
        return page

    return open_page


def session_cookie(user: Any, url: str) -> dict[str, str]:
    client = Client()
    client.force_login(user)
    return {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}


@pytest.fixture
def console(signed_in: SignIn) -> Page:
    """The page of an operator who may do everything."""
    return signed_in()


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    fleet = Fleet(tmp_path)
    yield fleet
    fleet.end()


@pytest.fixture
def worker(fleet: Fleet) -> Fleet:
    """A real worker that waits for tasks."""
    fleet.ready("--concurrency", "2", allowed_tasks=ALLOWED)
    return fleet


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A web server of its own, to stop and start, on a copy of the database, to take away and bring back."""
    site = Site(tmp_path / "site", SETTINGS)
    yield site
    site.close()
