"""Take the pictures of the documentation from a running demo: python docs/screenshots.py"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
IMAGES = ROOT / "docs" / "images"
LARGEST, QUALITIES = 60_000, (70, 60, 50, 40, 30)
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 780}
TASKS = "dashboard.project.demo.tasks"
ADDRESSES = {
    "tasks": "/",
    "retrying": "/?status=retrying",
    "failures": "/failures/",
    "enqueue": f"/enqueue/?task={TASKS}.reserve_stock",
    "workers": "/workers/",
    "queue": "/queues/named/default/",
    "named": f"/tasks/named/{TASKS}.charge_invoice/",
    "activity": "/activity/",
}


def main() -> None:
    from tests.support.browser import FLAGS, chromium

    IMAGES.mkdir(exist_ok=True)
    with running_demo() as (address, password), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for theme in ("light", "dark"):
            look = {"base_url": address, "color_scheme": theme, "locale": "en-GB"}
            desk = browser.new_context(viewport=DESK, **look)
            take_all(sign_in(desk.new_page(), password), theme)
            phone = browser.new_context(viewport=PHONE, storage_state=desk.storage_state(), **look).new_page()
            phone.goto("/")
            take(phone, "phone", theme)
        browser.close()


@contextmanager
def running_demo() -> Iterator[tuple[str, str]]:
    """The address and the password of a demo with data of its own."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "DATA_DIR": folder, "PYTHONUNBUFFERED": "1"}
        environment.pop("DATABASE_URL", None)
        command = [sys.executable, str(ROOT / "manage.py"), "demo"]
        demo = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            yield read_welcome(demo)
        finally:
            demo.send_signal(signal.SIGTERM)
            demo.send_signal(signal.SIGTERM)
            demo.wait(60)


def read_welcome(demo: subprocess.Popen[str]) -> tuple[str, str]:
    found: dict[str, str] = {}
    for line in demo.stdout or ():
        if match := re.match(r"\s+(Open|Password)\s+(\S+)", line):
            found[match[1]] = match[2]
        if len(found) == 2:
            return found["Open"], found["Password"]
    raise SystemExit("The demo did not start.")


def sign_in(page: Page, password: str) -> Page:
    page.goto("/")
    page.get_by_label("Username").fill("demo")
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")
    return page


def take_all(page: Page, theme: str) -> None:
    for name, address in ADDRESSES.items():
        page.goto(address)
        take(page, name, theme)
    page.goto("/?status=failed&q=charge_invoice")
    page.locator("#rows td.name a").first.click()
    page.wait_for_url("**/tasks/*/**")
    take(page, "failed", theme)
    page.goto("/failures/")
    page.locator("tr[id^=f-] td.name a").first.click()
    page.wait_for_url("**/failures/*/**")
    take(page, "group", theme)
    page.goto("/?status=failed&rows=25")
    page.locator("#rows td.sel input").first.check()
    page.locator("#matching summary").click()
    page.get_by_role("button", name="Requeue all matching").click()
    page.get_by_role("dialog").wait_for()
    take(page, "preflight", theme)


def take(page: Page, name: str, theme: str) -> None:
    """Once the page's own clock runs: its numbers are those of the moment."""
    if page.locator("#live").count():
        page.locator("#connection[data-state=live]").wait_for(state="attached")
    for quality in QUALITIES:
        (IMAGES / f"{name}-{theme}.jpg").write_bytes(picture := page.screenshot(type="jpeg", quality=quality))
        if len(picture) <= LARGEST:
            return


if __name__ == "__main__":
    main()
