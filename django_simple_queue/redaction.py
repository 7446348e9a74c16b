"""What may be shown of arguments, outputs, errors and logs: secrets masked, and text that cannot act on the page."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from itertools import islice
from typing import Any
from urllib.parse import quote, quote_plus

from django_simple_queue import conf
from django_simple_queue.secret_patterns import (
    REDACTED,
    Redacted,
    Replace,
    is_secret,
    literal_replacement,
    mask_pairs,
    plain,
    replacement,
)
from django_simple_queue.withheld import TOO_DEEP, TOO_MANY, UNREADABLE, Reason, nameless, not_json, too_long

__all__ = [
    "REDACTED",
    "Redacted",
    "is_secret_argument",
    "redact_args",
    "redact_head",
    "redact_source",
    "redact_tail",
    "redact_text",
    "secret_keys",
    "visible",
]

MOST_VALUES = 300
SHORTEST_VALUE = 3
SHORTEST_UNBOUNDED_VALUE = 8

ANSI = re.compile(r"\x1b(?:\[[0-?]{0,64}[ -/]{0,16}[@-~]|\][^\x07\x1b]{0,2048}(?:\x07|\x1b\\)|[@-Z\\-_])")
CONTROLS = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n"} | {0x7F: 0x2421}
INVISIBLE = (*range(0x80, 0xA0), 0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF)
NOT_PLAIN = re.compile(f"[{''.join(map(chr, (*CONTROLS, *INVISIBLE)))}\ud800-\udfff]")
VISIBLE = CONTROLS | {code: f"<U+{code:04X}>" for code in (*INVISIBLE, *range(0xD800, 0xE000))}

STORED_CUT = re.compile(r"(\n\[\.\.\. [0-9,]+ bytes dropped \.\.\.\]\n)")


def redact_args(task_path: str, args_text: str | None, most: int = sys.maxsize) -> Any:
    """Return the arguments with their secrets replaced by REDACTED; a Redacted sentence when they are not JSON.

    Of very long arguments only the first ``most`` characters of text are shown; a Redacted note stands for the rest.
    """
    args = parsed(args_text)
    if isinstance(args, Redacted):
        return args
    secret = secret_keys(task_path)
    masker = masker_of(secret, args_text)
    if isinstance(masker, Reason):
        return masker.told()
    try:
        return Masking(secret, masker.pattern, most).masked(args)
    except RecursionError:
        return TOO_DEEP.told()


def redact_text(task_path: str, args_text: str | None, text: str | None) -> str:
    """Return output, error or log as it may be shown: no secret of the arguments, no secret-looking pair, inert."""
    return redact(task_path, args_text, text, replacement) if text else ""


def redact_head(task_path: str, args_text: str | None, head: str | None, margin: int) -> str:
    """Return the beginning of a longer text as it may be shown, without the margin in which a secret may be cut.

    The last ``margin`` characters are left out, more when the arguments hold a longer secret.
    """
    shown = redact_text(task_path, args_text, head)
    return shown if isinstance(shown, Redacted) else without_end(shown, max(margin, longest(task_path, args_text)))


def redact_tail(task_path: str, args_text: str | None, tail: str | None, margin: int) -> str:
    """Return the end of a longer text as it may be shown; its first ``margin`` characters are left out, as above."""
    shown = redact_text(task_path, args_text, tail)
    return shown if isinstance(shown, Redacted) else shown[max(margin, longest(task_path, args_text)) :]


def redact_source(task_path: str, args_text: str | None, line: str) -> str:
    """Return a line of source code as it may be shown: names stay, secrets of the arguments and literals do not."""
    return redact(task_path, args_text, line, literal_replacement)


def redact(task_path: str, args_text: str | None, text: str, replace: Replace) -> str:
    secret = secret_keys(task_path)
    masker = masker_of(secret, args_text)
    return masker.told() if isinstance(masker, Reason) else mask_pairs(masker.masked(visible(text)), secret, replace)


def without_end(text: str, left_out: int) -> str:
    return text[: max(len(text) - left_out, 0)]


def longest(task_path: str, args_text: str | None) -> int:
    masker = masker_of(secret_keys(task_path), args_text)
    return 0 if isinstance(masker, Reason) else masker.longest


def visible(text: str) -> str:
    """Return ``text`` without ANSI sequences; other control and bidirectional characters become visible signs."""
    if not NOT_PLAIN.search(text):
        return text
    return ANSI.sub("", text.replace("\r\n", "\n")).translate(VISIBLE)


def parsed(args_text: str | None) -> Any:
    try:
        return json.loads(args_text) if args_text else {}
    except (ValueError, RecursionError):
        return not_json(args_text or "")


def secret_keys(task_path: str) -> frozenset[str]:
    """Return the plain spelling of the task's own ``secret_args``."""
    return frozenset(plain(name) for name in conf.get_task_options(task_path).secret_args)


def is_secret_argument(task_path: str, name: str) -> bool:
    """Tell whether the argument ``name`` of the task is never shown."""
    return is_secret(name, secret_keys(task_path))


@dataclass(slots=True)
class Masking:
    """One walk through arguments; ``left`` is how many characters of text may still be shown."""

    secret: frozenset[str]
    hidden: re.Pattern[str]
    left: int

    def masked(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            named = enumerate(value.items())
            return {self.key(key, place): self.under_key(key, item) for place, (key, item) in named}
        if isinstance(value, list):
            return [self.masked(item) for item in value]
        if isinstance(value, str):
            return self.text(value)
        return REDACTED if is_number(value) and self.hidden.fullmatch(str(value)) else value

    def under_key(self, key: str, value: Any) -> Any:
        if value is None or isinstance(value, bool) or not is_secret(key, self.secret):
            return self.masked(value)
        return REDACTED

    def key(self, key: str, place: int) -> str:
        return self.text(key) if len(key) <= self.left else nameless(place)

    def text(self, value: str) -> str:
        if len(value) > self.left:
            return too_long(value)
        self.left -= len(value)
        return mask_pairs(self.hidden.sub(REDACTED, visible(value)), self.secret, replacement)


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def secret_values(value: Any, secret: frozenset[str]) -> Iterator[str]:
    """Yield the texts and numbers anywhere below a secret key."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from leaves(item) if is_secret(key, secret) else secret_values(item, secret)
    elif isinstance(value, list):
        for item in value:
            yield from secret_values(item, secret)


def leaves(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from leaves(item)
    elif isinstance(value, str) or is_number(value):
        yield str(value)


@dataclass(frozen=True, slots=True)
class Masker:
    """Every spelling of the secrets in some arguments; ``longest`` is the length of the longest."""

    pattern: re.Pattern[str]
    longest: int

    def masked(self, text: str) -> str:
        """Mask the secrets in ``text``, also where its middle was dropped before it was stored: at that cut too."""
        pieces = [self.pattern.sub(REDACTED, piece) for piece in STORED_CUT.split(text)]
        for cut in range(1, len(pieces), 2):
            pieces[cut - 1] = without_end(pieces[cut - 1], self.longest)
            pieces[cut + 1] = pieces[cut + 1][self.longest :]
        return "".join(pieces)


@lru_cache(maxsize=16)
def masker_of(secret: frozenset[str], args_text: str | None) -> Masker | Reason:
    """Return what masks the secrets in the arguments; the reason when they cannot be looked for."""
    args = parsed(args_text)
    if isinstance(args, Redacted):
        return UNREADABLE
    try:
        values = set(islice(secret_values(args, secret), MOST_VALUES + 1))
    except RecursionError:
        return TOO_DEEP
    return TOO_MANY if len(values) > MOST_VALUES else masker_for(values)


def masker_for(values: set[str]) -> Masker:
    found = {form for value in values for form in spellings(value) if len(form) >= SHORTEST_VALUE}
    forms = sorted(found, key=len, reverse=True)
    pattern = re.compile("|".join(map(whole_word, forms)) or r"(?!)")
    return Masker(pattern, len(forms[0]) if forms else 0)


def spellings(value: str) -> Iterable[str]:
    """Return ``value`` as it appears in text, JSON, a repr, an address, a form that was sent, HTML, line by line."""
    lines = [line.strip() for line in value.splitlines() if len(line.strip()) >= SHORTEST_UNBOUNDED_VALUE]
    once, twice = json.dumps(value)[1:-1], json.dumps(json.dumps(value)[1:-1])[1:-1]
    encoded = (once, twice, json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1])
    sent = value.encode("utf-8", "replace")
    return (visible(value), value.strip(), quote(sent, safe=""), quote_plus(sent), escape(value), *encoded, *lines)


def whole_word(form: str) -> str:
    escaped = re.escape(form)
    return escaped if len(form) >= SHORTEST_UNBOUNDED_VALUE else rf"(?<!\w){escaped}(?!\w)"
