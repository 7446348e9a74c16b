"""Debian's Chromium driven by Playwright; a test fails on any script error or Content-Security-Policy report."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.missing import cannot_run

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

# The last --disable-features is the only one that counts. So after what costs half a second of each test and nobody
# sees here, the drop-downs of the address bar and a renderer in reserve, it repeats Playwright's own.
WITHOUT = """
WebUIOmniboxPopup WebUIOmniboxAimPopup WebUIOmniboxFullPopup SpareRendererForSitePerProcess
AimEnabled AvoidCorsURLLoaderRestartOnRedirect AvoidUnnecessaryBeforeUnloadCheckSync DestroyProfileOnBrowserClose
HttpsFirstBalancedModeAutoEnable HttpsUpgrades LensOverlay MediaRouter NetworkTimeServiceQuerying OptimizationHints
PaintHolding PreconnectToSearch ThirdPartyStoragePartitioning
"""
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(WITHOUT.split())}",
]
INSTALL = "Chromium is missing: apt-get update && apt-get install -y --no-install-recommends chromium"
SCREENSHOTS = Path(__file__).resolve().parents[2] / ".cache" / "browser"
NewPage = Callable[..., "Page"]
BROKE = pytest.StashKey[bool]()


def chromium() -> str:
    """The program to drive; without one the test is skipped, or fails when REQUIRE_ALL=1."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    if not found:
        cannot_run(INSTALL)
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = chromium()
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread, which Django takes for async code and refuses the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser: Browser, live_server: Any, request: pytest.FixtureRequest) -> Iterator[NewPage]:
    """`new_page(**context)`: a page of a new visitor at the live server; options as Playwright's `new_context`."""
    reports: list[str] = []
    contexts = []

    def open_page(**options: Any) -> Page:
        defaults = {"base_url": live_server.url, "viewport": {"width": 1440, "height": 900}, "locale": "en-GB"}
        context = browser.new_context(**defaults | options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        return watched(context.new_page(), reports)

    yield open_page
    if request.node.stash.get(BROKE, True):
        take_screenshots(contexts, request.node.name)
    for context in contexts:
        context.close()
    assert not reports, "The browser reported:\n" + "\n".join(reports)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    item.stash[BROKE] = report.failed
    return report


@pytest.fixture
def page(new_page: NewPage) -> Page:
    return new_page()


def watched(page: Page, reports: list[str]) -> Page:
    """Let ``page`` report what goes wrong in it, and be there only once htmx has taken it over: no hand is as quick."""
    go = page.goto

    def goto(url: str, **options: Any) -> Any:
        response = go(url, **options)
        if page.locator("html[data-js] :is([hx-get], [hx-boost])").count():
            page.locator("[data-htmx-powered]").first.wait_for(state="attached")
        return response

    page.goto = goto  # type: ignore[method-assign]
    page.on("pageerror", lambda error: reports.append(f"script error: {error}"))
    page.on("console", lambda message: reports.extend(complaints(message)))
    return page


def complaints(message: ConsoleMessage) -> list[str]:
    """Errors and policy refusals of the page; answers such as 422, and none at all, are the test's business."""
    answered = message.text.startswith(("Failed to load resource", "htmx: htmx:error: Failed to fetch"))
    return [] if message.type != "error" or answered else [f"console: {message.text}"]


def take_screenshots(contexts: list[Any], name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for number, context in enumerate(contexts):
        for page in context.pages:
            page.screenshot(path=SCREENSHOTS / f"{name}-{number}.png")
