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
SIZE = {"width": 1280, "height": 800}


def main() -> None:
    from tests.support.browser import FLAGS, chromium

    IMAGES.mkdir(exist_ok=True)
    with running_demo() as (address, password), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for theme in ("light", "dark"):
            page = browser.new_context(base_url=address, viewport=SIZE, color_scheme=theme, locale="en-GB").new_page()
            sign_in(page, password)
            take(page, theme)
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


def sign_in(page: Page, password: str) -> None:
    page.goto("/")
    page.get_by_label("Username").fill("demo")
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")


def take(page: Page, theme: str) -> None:
    page.wait_for_timeout(6000)
    page.screenshot(path=IMAGES / f"tasks-{theme}.png")
    if theme == "dark":
        return
    page.goto("/?status=failed&q=charge_invoice")
    page.locator("#rows a[href*='/tasks/']").first.click()
    page.wait_for_url("**/tasks/*/**")
    page.screenshot(path=IMAGES / "failed-light.png")
    page.goto("/enqueue/?task=dashboard.project.demo.tasks.reserve_stock")
    page.screenshot(path=IMAGES / "enqueue-light.png")


if __name__ == "__main__":
    main()
