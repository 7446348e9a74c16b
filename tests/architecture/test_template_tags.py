"""Every filter and tag of the console is used by a template."""

from __future__ import annotations

import re

import pytest

from dashboard.templatetags import simple_queue, simple_queue_words
from tests.support.source import ROOT

LIBRARIES = (simple_queue.register, simple_queue_words.register)
MARKUP = "\n".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))


@pytest.mark.parametrize("name", sorted(name for library in LIBRARIES for name in library.filters))
def test_every_filter_is_used(name):
    assert re.search(rf"\|{name}\b", MARKUP)


@pytest.mark.parametrize("name", sorted(name for library in LIBRARIES for name in library.tags))
def test_every_tag_is_used(name):
    assert re.search(rf"{{%\s*{name}\b", MARKUP)
