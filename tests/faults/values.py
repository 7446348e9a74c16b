"""Tasks that return or raise what is hard to store."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any


class Evil:
    """An object that refuses to be written down."""

    def __repr__(self) -> str:
        raise RuntimeError("no words")

    __str__ = __repr__


class Liar:
    def __str__(self) -> str:
        return 7  # type: ignore[return-value]


class Wild(BaseException):
    """What no `except Exception` catches."""


def cyclic() -> list[Any]:
    ring: list[Any] = []
    ring.append(ring)
    return ring


def deep() -> list[Any]:
    nest: list[Any] = []
    for _ in range(100_000):
        nest = [nest]
    return nest


VALUES: dict[str, Callable[[], Any]] = {
    "bytes": lambda: b"\x00\xff",
    "set": lambda: {1, "a"},
    "moment": lambda: datetime.datetime(2026, 3, 29, 2, 30),
    "cyclic": cyclic,
    "deep": deep,
    "huge number": lambda: 10**100_000,
    "not a number": lambda: float("nan"),
    "infinite": lambda: float("-inf"),
    "evil": Evil,
    "liar": Liar,
    "odd keys": lambda: {(1, 2): Evil},
    "nul": lambda: "a\x00b",
    "half a character": lambda: "\ud800 \udfff",
    "four bytes": lambda: "\U0001f600" * 10,
    "right to left": lambda: "abc\u202egpj.exe\u2066",
    "terminal": lambda: "\x1b[2J\x1b]0;owned\x07\x9b31m",
    "no end of line": lambda: "x" * 3_000_000,
    "markup": lambda: "</pre><script>alert(1)</script>",
}


def give(name: str) -> Any:
    return VALUES[name]()


def raise_with(name: str) -> None:
    raise ValueError(VALUES[name]())


def raise_wild() -> None:
    raise Wild(Evil())


def raise_group() -> None:
    raise ExceptionGroup("several", [ValueError(Evil()), ExceptionGroup("inner", [KeyError("\x00")])])


def raise_ring() -> None:
    """An exception that is its own cause."""
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    raise first


def say(text: str) -> str:
    print(text)
    return text
