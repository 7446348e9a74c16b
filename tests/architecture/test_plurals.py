"""A sentence that counts things has a form for one and a form for many."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = [path for name in ("dashboard", "django_simple_queue") for path in sorted((ROOT / name).rglob("*.py"))]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SINGULAR = {"_", "gettext", "gettext_lazy", "gettext_noop"}
THINGS = "tasks|runs|slots|workers|groups|rows|characters|releases|positions|failures|others|times|failed tasks"
A_LIMIT = r"(?<!ore than )(?<!t most )(?<!may have )(?<!1 to )"
COUNTED = re.compile(rf"{A_LIMIT}(?:%(?:\(\w+\))?[sd]|\{{\{{ ?\w+ ?\}}\}}) (?!of )(?:\w+ )?(?:{THINGS})\b")
BLOCK = re.compile(r"\{% blocktranslate(?![^%]* count )[^%]*%\}(.*?)\{% endblocktranslate %\}", re.DOTALL)


def in_code(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SINGULAR:
            yield from (arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str))


def in_template(path: Path) -> Iterator[str]:
    yield from BLOCK.findall(path.read_text())


def test_what_is_counted_has_a_plural():
    said = [(path.name, text) for path in CODE for text in in_code(path)]
    said += [(path.name, text) for path in TEMPLATES for text in in_template(path)]
    assert len(said) > 300
    assert [each for each in said if COUNTED.search(each[1])] == []
