"""Every text that people read goes through gettext: what stands in a template, and what its attributes say."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.support.source import ROOT, name

SPOKEN = frozenset({"aria-label", "title", "placeholder", "alt"})
LITERAL = frozenset({"code", "kbd", "pre", "script", "style"})
NAMES = re.compile(r"\b(Simple Queue|Django|JSON|CSV|JSONL|p50|p95|ms|min|s|h|PID|SQ)\b")
MARKED = re.compile(r"{%-?\s*blocktrans(?:late)?\b.*?{%-?\s*endblocktrans(?:late)?\s*-?%}", re.DOTALL)
COMMENT = re.compile(r"{%\s*comment\b.*?{%\s*endcomment\s*%}|{#.*?#}", re.DOTALL)
TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
WORD = re.compile(r"[^\W\d_]{2,}")


class Texts(HTMLParser):
    """Collects the texts of a template from which its tags have been taken out."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.literal = 0
        self.feed(TAG.sub(" \x00 ", COMMENT.sub("", MARKED.sub("", source))))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.literal += tag in LITERAL
        self.found += [value or "" for key, value in attrs if key in SPOKEN and speaks(value or "")]

    def handle_endtag(self, tag: str) -> None:
        self.literal -= tag in LITERAL

    def handle_data(self, data: str) -> None:
        if not self.literal and speaks(data):
            self.found.append(" ".join(data.split()))


def speaks(text: str) -> bool:
    return bool(WORD.search(NAMES.sub("", text)))


def pages() -> list[Path]:
    return sorted((ROOT / "templates").rglob("*.html"))


@pytest.mark.parametrize("path", pages(), ids=name)
def test_no_text_of_a_template_is_left_unmarked(path):
    assert Texts(path.read_text()).found == []


@pytest.mark.parametrize(
    "source",
    ["<p>Two words</p>", '<a title="Two">7</a>', "<p>{{ x }} tasks</p>", "{% if x %}yes{% endif %}", "a · bc"],
)
def test_an_unmarked_text_is_found(source):
    assert Texts(source).found


@pytest.mark.parametrize(
    "source",
    [
        '<p>{% translate "Two words" %}</p>',
        "<p>{% blocktranslate count n=x %}one{% plural %}two{% endblocktranslate %}</p>",
        '<a class="btn" title="{{ x }}">{{ x }} · 7 ms</a>',
        "<code>create_task</code><kbd>Esc</kbd>{# a comment #}",
    ],
)
def test_a_marked_text_and_what_is_no_language_are_not(source):
    assert Texts(source).found == []
