"""What assistive technology is told of each page: landmarks, headings and controls, as a file beside this one says.

UPDATE_TREES=1 writes the files anew; read what changed before you keep it.
"""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from django_simple_queue.models import Task
from tests.browser.scenes import PAGES
from tests.dashboard.queue import CHARGE, a_task

TREES = Path(__file__).parent / "trees"
TOLD = re.compile(
    r"(banner|navigation|main|contentinfo|region|search|heading|link|button|textbox|searchbox|combobox|checkbox|radio|"
    r"table|columnheader|group|toolbar|dialog|status|alert)\b"
)
VARYING = re.compile(r"[0-9a-f]{8}\b|\d[\d\s.,:]*")
CHART = re.compile(r"Tasks ended per minute.* and \d+ ")  # drawn only when one ended in the minutes before
CHOSEN = (
    "tasks, all",
    "tasks, failed",
    "tasks, no match",
    "task, failed",
    "task, running",
    "task, retrying",
    "task name",
    "queue",
    "failures",
    "failure",
    "enqueue",
    "enqueue, chosen",
    "workers",
    "activity",
    "action, running",
    "export",
    "404",
)
KIND = "abcdef0123456789"


def failures() -> str:
    a_task(Task.FAILED, task=CHARGE, fingerprint=KIND, finished=timezone.now() - timedelta(minutes=1))
    return "/failures/"


VISITED = PAGES | {"failures": failures, "failure": lambda: f"{failures()}{KIND}/"}


def tree(page: Page) -> str:
    """The roles and names on the page in their order, each once: rows repeat theirs, and numbers differ each time."""
    lines = [line.strip().removeprefix("- ").strip("':") for line in page.locator("body").aria_snapshot().splitlines()]
    told = [VARYING.sub("#", CHART.sub("", line)) for line in lines if TOLD.match(line)]
    return "\n".join(dict.fromkeys(told)) + "\n"


@pytest.mark.parametrize("name", CHOSEN)
def test_a_page_tells_what_it_is(console: Page, name: str) -> None:
    console.goto(VISITED[name]())
    expect(console.get_by_role("heading", level=1)).to_have_count(1)
    file = TREES / (re.sub(r"\W+", "-", name) + ".txt")
    if os.environ.get("UPDATE_TREES"):
        TREES.mkdir(exist_ok=True)
        file.write_text(tree(console))
    assert tree(console) == file.read_text()
