"""Pictures of a page in both themes, on a desk and on a phone, when GALLERY=1 asks for them."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.in_order import DESK, OVERFLOW, PHONE
from tests.support.source import ROOT

TAKEN, SHOWN = ROOT / ".cache" / "gallery", ROOT / "docs" / "images" / "states"
SIZES = {"desk": DESK, "phone": PHONE}
LARGEST = 60_000
QUALITIES = (70, 60, 50, 40, 30, 20)


def pictures(page: Page, name: str) -> None:
    """Nothing sticks out, and with GALLERY=1 it is seen in both themes and sizes."""
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)
        assert page.evaluate(OVERFLOW) <= 0, f"{name} scrolls sideways on a {size}"
        for theme in ("light", "dark") if os.environ.get("GALLERY") else ():
            page.emulate_media(color_scheme=theme)
            take(page, TAKEN / f"{name}-{size}-{theme}.jpg")
            if size == "desk":
                take(page, SHOWN / f"{name}-{theme}.jpg")


def take(page: Page, file: Path) -> None:
    """The best picture that is small."""
    file.parent.mkdir(parents=True, exist_ok=True)
    for quality in QUALITIES:
        file.write_bytes(picture := page.screenshot(type="jpeg", quality=quality))
        if len(picture) <= LARGEST:
            return
