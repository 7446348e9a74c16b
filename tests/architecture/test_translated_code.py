"""Every sentence that the console's code says to an operator goes through gettext."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONSOLE, QUEUE = ROOT / "dashboard", ROOT / "django_simple_queue"
FILES = [
    *(
        path
        for path in sorted(CONSOLE.rglob("*.py"))
        if not {"project", "migrations", "checks.py"} & {*path.parts, path.name}
    ),
    *(QUEUE / name for name in ("redaction.py", "withheld.py", "payload.py")),
]
SENTENCE = re.compile(r"[A-Za-z]{2,} [a-z]{2,}")
NO_SENTENCE = re.compile(r"\b(SELECT|WHERE|FROM|AND|AS|ORDER BY|GROUP BY|INDEXED|CASE|SET LOCAL)\b|<\w|manage\.py")
MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext"}
FOR_DEVELOPERS = {"debug", "info", "warning", "error", "exception", "split"}
KEPT = {
    " ticked tasks": "stored in the audit row, and shown as it was stored",
    "no such ": "what SQLite says",
    "statement timeout": "what PostgreSQL says",
    "maximum statement execution time": "what MySQL says",
    "left empty": "a member's value, never shown",
    "one of": "the beginning of words that are translated already",
    "input mono": "classes of the stylesheet",
    "innerMorph show:none": "how htmx swaps",
    "tab queued": "names of columns",
    " is not a link: it must begin with https://, http:// or /.": "in the log, for whoever wrote the link",
    " is not (label, url).": "in the log, for whoever wrote the link",
    "_lately GROUP BY queue": "SQL",
    r"(\n\[\.\.\. [0-9,]+ bytes dropped \.\.\.\]\n)": "what marks a cut, as it is stored",
}
PARSER_SAYS = (
    "Expecting value",
    "Expecting property name enclosed in double quotes",
    "Illegal trailing comma before end of object",
    "Illegal trailing comma before end of array",
    "Extra data",
    "Unterminated string starting at",
    "Invalid control character at",
)
"""Python's JSON parser, to whose words the console has its own."""


def unmarked(tree: ast.AST) -> Iterator[tuple[int, str]]:
    passed = {id(part) for node in ast.walk(tree) if needs_no_mark(node) for part in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in passed and is_said(node.value):
            yield node.lineno, node.value


def is_said(value: object) -> bool:
    known = value in KEPT or value in PARSER_SAYS
    return isinstance(value, str) and not known and bool(SENTENCE.search(value)) and not NO_SENTENCE.search(value)


def needs_no_mark(node: ast.AST) -> bool:
    """Docstrings, what is marked, logs, and errors that only developers raise at themselves."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Raise):
        return isinstance(node.exc, ast.Call) and getattr(node.exc.func, "id", "") in {"TypeError", "TookTooLong"}
    name = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
    return name in MARKS | FOR_DEVELOPERS


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_sentence_is_marked(path: Path) -> None:
    found = list(unmarked(ast.parse(path.read_text())))
    assert found == [], f"Mark these in {path.name} with gettext."


def test_an_unmarked_sentence_would_be_found() -> None:
    code = 'def said(name):\n    """A docstring of it."""\n    return f"Nothing was done to {name}."'
    assert [text for _, text in unmarked(ast.parse(code))] == ["Nothing was done to "]
    assert list(unmarked(ast.parse('said = _("Nothing was done.")'))) == []


def test_what_is_kept_as_it_is_is_still_there() -> None:
    code = "\n".join(path.read_text() for path in FILES)
    assert [text for text in (*KEPT, *PARSER_SAYS) if text not in code] == []
