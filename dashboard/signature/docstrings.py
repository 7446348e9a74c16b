"""Help from docstrings, in the three ways of writing them: Google's, Sphinx's and NumPy's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

GOOGLE_SECTION = re.compile(r"^(Args|Arguments|Parameters|Keyword Args|Keyword Arguments|Other Parameters):\s*$")
GOOGLE_END = re.compile(r"^(Returns?|Raises|Yields?|Examples?|Notes?|Attributes|Warns|See Also):\s*$")
GOOGLE = re.compile(r"^\s+\**(\w+)(?:\s*\([^)]*\))?:\s*(.*)$")
SPHINX = re.compile(r"^\s*:(?:param|parameter|arg|argument|key|keyword)\s+(?:[^:]*\s)?\**(\w+)\s*:\s*(.*)$")
SPHINX_OTHER = re.compile(r"^\s*:\w+[^:]*:")
NUMPY_SECTION = re.compile(r"^(Other )?Parameters$")
NUMPY = re.compile(r"^\**(\w+)(?:\s*,\s*\**\w+)*\s*(?::.*)?$")
UNDERLINE = re.compile(r"^-{3,}\s*$")


@dataclass(slots=True)
class Docstring:
    """The first line, what is said besides the parameters, and the help of each parameter."""

    summary: str = ""
    details: str = ""
    helps: dict[str, str] = field(default_factory=dict)


def read_docstring(text: str) -> Docstring:
    """Return what ``text``, without its indentation, says."""
    summary, _, rest = text.strip().partition("\n")
    reader = Reader(rest.splitlines())
    reader.read()
    return Docstring(summary.strip(), "\n".join(reader.details).strip(), reader.helps)


@dataclass(slots=True)
class Reader:
    """Goes through the lines; ``style`` is the section that it stands in, ``name`` the parameter being told of."""

    lines: Sequence[str]
    details: list[str] = field(default_factory=list)
    helps: dict[str, str] = field(default_factory=dict)
    style: str = ""
    name: str = ""

    def read(self) -> None:
        skip = False
        for line, after in zip(self.lines, [*self.lines[1:], ""], strict=False):
            if skip:
                skip = False
            elif UNDERLINE.match(after) and line.strip():
                self.begin("numpy" if NUMPY_SECTION.match(line.strip()) else "other")
                skip = True
            else:
                self.take(line)

    def begin(self, style: str) -> None:
        self.style, self.name = style, ""

    def take(self, line: str) -> None:
        if GOOGLE_SECTION.match(line):
            self.begin("google")
        elif GOOGLE_END.match(line):
            self.begin("other")
        elif found := SPHINX.match(line):
            self.begin("sphinx")
            self.tell(found[1], found[2])
        elif SPHINX_OTHER.match(line):
            self.begin("other")
        else:
            self.inside(line)

    def inside(self, line: str) -> None:
        indented = line.startswith((" ", "\t"))
        if self.style in ("google", "sphinx", "other") and line.strip() and not indented:
            self.begin("")
        found = {"google": GOOGLE, "numpy": NUMPY}.get(self.style)
        match = found.match(line) if found else None
        if match and not (self.style == "google" and self.is_continued(line)):
            self.tell(match[1], match[2] if self.style == "google" else "")
        elif self.style == "":
            self.details.append(line)
        elif self.name and line.strip():
            self.helps[self.name] = f"{self.helps[self.name]} {line.strip()}".strip()

    def is_continued(self, line: str) -> bool:
        """Tell whether ``line`` is deeper than the names of the section, so that its colon is part of a sentence."""
        depth = len(line) - len(line.lstrip())
        return bool(self.name) and depth > self.depth

    @property
    def depth(self) -> int:
        first = next((line for line in self.lines if GOOGLE.match(line)), "")
        return len(first) - len(first.lstrip())

    def tell(self, name: str, words: str) -> None:
        self.name, self.helps[name] = name, words.strip()
