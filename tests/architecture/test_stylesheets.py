"""Every class that a stylesheet styles is given to something, and every class that a template gives has a rule."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from tests.support.source import ROOT, parse, python_files, templates

STATIC = ROOT / "static" / "simple_queue_dashboard"
WORD = re.compile(r"[a-zA-Z][\w-]*")
NO_SELECTOR = re.compile(r'/\*.*?\*/|url\("[^"]*"\)|"[^"]*"', re.DOTALL)
CLASSES = re.compile(r'class="((?:\{%.*?%\}|\{\{.*?\}\}|[^"{])*)"', re.DOTALL)
TAG, QUOTED = re.compile(r"\{%.*?%\}", re.DOTALL), re.compile(r'"[^"\n]*"|`[^`\n]*`')
A_FEW_WORDS = re.compile(r"[\w-]+( [\w-]+){0,2}")
Names = frozenset[str]


def source(*folders: str) -> str:
    return "\n".join(path.read_text() for path in python_files(*folders))


def words(texts: Iterable[str]) -> Names:
    return frozenset(word for text in texts for word in WORD.findall(text))


def styled() -> Names:
    css = "".join(path.read_text() for path in STATIC.glob("*.css"))
    return frozenset(re.findall(r"\.([a-zA-Z][\w-]*)", NO_SELECTOR.sub("", css)))


def given(html: str) -> Iterator[str]:
    """The classes of elements, those that are composed with a star for what varies: is-*."""
    for text in CLASSES.findall(html):
        yield from re.sub(r"\{\{.*?\}\}|\{\w*\}", "*", TAG.sub(" ", text)).split()


def constants() -> Iterator[str]:
    nodes = [node for path in python_files("dashboard") for node in ast.walk(parse(path))]
    return (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


def unused(css: Names, html: str, script: str, strings: Names) -> list[str]:
    """The classes of ``css`` that nothing names, whole or composed of a beginning and what is said somewhere."""
    names = words(QUOTED.findall(script)) | strings
    plain = {name for name in given(html) if "*" not in name} | names
    begun = {name.partition("*")[0] for name in given(html) if "*" in name} | {
        name for name in names if name[-1] == "-"
    }
    said = names | words(each for tag in TAG.findall(html) for each in QUOTED.findall(tag))

    def is_composed(name: str) -> bool:
        ends = (name.removeprefix(start) for start in begun if start and name.startswith(start))
        return any(end in said or end.isdigit() for end in ends)

    return sorted(name for name in css - plain if not is_composed(name))


def test_no_class_is_styled_in_vain():
    html = "\n".join(path.read_text() for path in templates()) + source("dashboard")
    script = "\n".join(path.read_text() for path in STATIC.glob("*.js"))
    strings = words(text for text in constants() if A_FEW_WORDS.fullmatch(text))
    assert unused(styled(), html, script, strings) == []


def test_no_class_is_given_in_vain():
    html = "\n".join(path.read_text() for path in templates() if path.parent.name == STATIC.name)
    assert sorted({name for name in given(html) if "*" not in name} - styled()) == []


def test_what_nothing_names_is_found():
    html = '<i class="one{% if x %} two{% endif %} is-{{ tone }} a-{{ n }}">{% icon "x" "red" %}'
    css = frozenset({"one", "two", "three", "four", "five", "is-red", "is-green", "a-1"})
    assert unused(css, html, 'list.add("three")', frozenset({"four"})) == ["five", "is-green"]
