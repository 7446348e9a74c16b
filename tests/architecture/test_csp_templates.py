"""The console's policy allows no inline style, no inline script and no eval: neither may a template need them."""

from __future__ import annotations

import re

import pytest

from tests.support.source import name, templates

FORBIDDEN = {
    "inline style": r"\sstyle\s*=|<style\b",
    "inline script": r"<script\b(?![^>]*\bsrc=)|javascript:",
    "event attribute": r"\son[a-z]+\s*=|\shx-on\b",
    "value that needs eval": r"""hx-(vals|headers|vars)\s*=\s*["'](js|javascript):|\shx-vars\b""",
    "trigger condition that needs eval": r"""hx-trigger\s*=\s*["'][^"']*\[""",
    "unescaped value": r"\|\s*safe\b|\|\s*safeseq\b|autoescape\s+off",
}
PLANTED = [
    '<p style="color: red">',
    "<script>alert(1)</script>",
    '<a href="javascript:go()">',
    '<body onload="go()">',
    '<p hx-on:click="go()">',
    """<p hx-vals='js:{a: 1}'>""",
    '<p hx-trigger="every 2s [visible]">',
    "{{ task.log|safe }}",
]


def faults(text: str) -> list[str]:
    return [fault for fault, pattern in FORBIDDEN.items() if re.search(pattern, text, re.IGNORECASE)]


def test_every_template_keeps_to_the_policy():
    assert {name(path): found for path in templates() if (found := faults(path.read_text()))} == {}


@pytest.mark.parametrize("text", PLANTED)
def test_a_planted_fault_is_found(text):
    assert len(faults(text)) == 1


def test_what_is_allowed_passes():
    assert faults('<script src="x.js" defer></script><p hx-trigger="live:tick from:body" data-on="1">') == []
