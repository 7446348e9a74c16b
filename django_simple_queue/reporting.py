"""How a task tells how far it has come; who listens is decided by what runs the task."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from numbers import Real
from typing import NamedTuple

from django_simple_queue.text import storable

MESSAGE_SIZE = 200


class Progress(NamedTuple):
    """``percent`` is a whole number from 0 to 100, or None when nobody knows the end."""

    percent: int | None
    message: str


Listener = Callable[[Progress], None]
_in_process: Listener | None = None
_in_context: ContextVar[Listener | None] = ContextVar("progress listener", default=None)


def progress(done: float | None = None, total: float | None = None, message: str = "") -> None:
    """Show how far the running task has come: ``done`` of ``total``, with a few words.

    The row shows the percentage, and ``message`` as it is said, or else "3 100 of 5 000". Call it as often as you
    like, from any thread: at most two states a second are written. Outside a worker it does nothing.

    Raises TypeError when ``done`` or ``total`` is not a number, or ``message`` not text.
    """
    state = Progress(percentage(done, total), wording(done, total, message))
    if (listener := _in_context.get() or _in_process) is not None:
        listener(state)


def percentage(done: float | None, total: float | None) -> int | None:
    check_number("done", done)
    check_number("total", total)
    part, whole = finite(done), finite(total)
    return None if part is None or not whole else int(min(max(100 * part / whole, 0), 100))


def finite(value: float | None) -> float | None:
    """Return ``value``; None for what is no number, or too large to reckon with."""
    try:
        number = math.nan if value is None else float(value)
    except (OverflowError, ValueError):
        return None
    return number if math.isfinite(number) else None


def check_number(name: str, value: object) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, Real | Decimal)):
        raise TypeError(f"progress: {name} must be a number or None, not {value!r:.200}.")


def wording(done: float | None, total: float | None, message: str) -> str:
    if not isinstance(message, str):
        raise TypeError(f"progress: message must be text, not {message!r:.200}.")
    words = " ".join(message.split()) or " of ".join(spaced(value) for value in (done, total) if value is not None)
    return storable(words, MESSAGE_SIZE * 4)[:MESSAGE_SIZE]


def spaced(value: float) -> str:
    try:
        digits = f"{value:,}" if isinstance(value, int) else f"{float(value):,.1f}".removesuffix(".0")
    except (OverflowError, ValueError):
        return "?"
    return digits.replace(",", " ")


def listen(listener: Listener | None) -> None:
    """Have ``listener`` hear of the tasks of this process, whichever of its threads they run in."""
    global _in_process
    _in_process = listener


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Have ``listener`` hear of what runs in this block and in what it awaits."""
    token = _in_context.set(listener)
    try:
        yield
    finally:
        _in_context.reset(token)
