from __future__ import annotations

import re
import subprocess

import pytest

from tests.docs.pages import DOCS, FENCE, PAGES, ROOT, anchors, text

LINK = re.compile(r"(?:\]\(|src=\"|srcset=\")([^)\s\"]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page):
    for link in LINK.findall(FENCE.sub("", page.read_text())):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name} links to {link}"
        assert not anchor or anchor in anchors(target), f"{page.name} links to {link}"


def test_every_page_can_be_reached_from_the_index():
    linked = {(DOCS / link.partition("#")[0]).resolve() for link in LINK.findall(text("docs/index.md"))}
    missing = [page.name for page in DOCS.glob("*.md") if page.name != "index.md" and page.resolve() not in linked]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_make_target_exists(page):
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z][a-z-]+)`?\b", code_of(page))) <= targets


def code_of(page) -> str:
    """What stands in code blocks and between backticks."""
    source = page.read_text()
    fenced = "\n".join(code for _, code in FENCE.findall(source))
    indented = "\n".join(re.findall(r"^ {4}\S.*$", source, re.MULTILINE))
    return "\n".join([fenced, indented, *re.findall(r"`([^`\n]+)`", source)])


def test_a_broken_make_target_would_be_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("Run `make nonsense` first.\n")
    assert re.findall(r"\bmake ([a-z][a-z-]+)`?\b", code_of(page)) == ["nonsense"]


def test_make_knows_its_own_help():
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "make demo" in shown and "make test" in shown
