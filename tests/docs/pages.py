"""The written pages, as the tests read them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.source import ROOT

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def text(name: str) -> str:
    return (ROOT / name).read_text()


def blocks(page: Path, language: str) -> list[str]:
    return [code for name, code in FENCE.findall(page.read_text()) if name == language]


def table(name: str, *heads: str) -> list[list[str]]:
    """The rows, as cells without backticks, of the first table of a page whose header begins with ``heads``."""
    found = next((rows for header, rows in tables(text(name)) if header[: len(heads)] == list(heads)), None)
    assert found, f"{name} has no table that begins with {heads}"
    return found


def tables(page: str) -> Iterator[tuple[list[str], list[list[str]]]]:
    for block in re.findall(r"(?:^\|.*\n)+", page + "\n", re.MULTILINE):
        header, _, *rows = [cells(line) for line in block.splitlines()]
        yield header, rows


def cells(line: str) -> list[str]:
    return [cell.strip().replace("`", "") for cell in line.strip().strip("|").split("|")]


def anchors(page: Path) -> set[str]:
    """What a link may point to: the headings, spelled as GitHub spells them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
