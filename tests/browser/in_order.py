"""A page is in order: no accessibility fault, nothing beyond the edge, nothing too small for a finger."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
OVERFLOW = "document.documentElement.scrollWidth - innerWidth"
TARGETS = "main button, main a.btn, main .tabs a, .bottom-bar a, .bottom-bar summary"
SMALL_TARGETS = """targets => [...document.querySelectorAll(targets)]
  .filter(element => element.checkVisibility({ visibilityProperty: true }))
  .filter(element => getComputedStyle(element).clipPath === 'none' && element.getBoundingClientRect().height < 43.9)
  .map(element => `${element.outerHTML.slice(0, 90)} is ${element.getBoundingClientRect().height} px high`)"""
SAID_AS_SEEN = {"label-content-name-mismatch": {"enabled": True}}  # WCAG 2.5.3, which axe-core calls experimental
EVERY_RULE: dict[str, Any] = {"resultTypes": ["violations"], "rules": SAID_AS_SEEN}
CONTRAST = EVERY_RULE | {"runOnly": ["color-contrast"]}


def is_in_order(page: Page) -> None:
    faults = in_both_themes(page, "light", "dark")
    page.set_viewport_size(PHONE)
    faults += in_both_themes(page, "dark", "light")
    if (overflow := page.evaluate(OVERFLOW)) > 0:
        faults.append(f"scrolls sideways by {overflow} px at {PHONE['width']} px")
    faults += page.evaluate(SMALL_TARGETS, TARGETS)
    assert not faults, f"{page.url}:\n" + "\n".join(faults)


def in_both_themes(page: Page, first: str = "light", second: str = "dark") -> list[str]:
    """What axe-core finds: by every rule in the first theme, of the colours alone in the second."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    return [*looked_at(page, first), *looked_at(page, second, CONTRAST)]


def looked_at(page: Page, theme: Any, options: dict[str, Any] = EVERY_RULE) -> list[str]:
    page.emulate_media(color_scheme=theme)
    found = page.evaluate("options => axe.run(options).then(results => results.violations)", options)
    width = page.viewport_size["width"] if page.viewport_size else 0
    return [
        f"{width} px, {theme}: {each['id']}: {node['html'][:200]} ({node['failureSummary']})"
        for each in found
        for node in each["nodes"]
    ]
