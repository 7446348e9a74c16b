"""What may be shown of arguments, outputs, errors and logs: secrets masked, and text that cannot act on the page."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any
from urllib.parse import quote

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

__all__ = ["REDACTED", "Redacted", "redact_args", "redact_source", "redact_text", "secret_keys", "visible"]

MOST_VALUES = 300
SHORTEST_VALUE = 3
SHORTEST_UNBOUNDED_VALUE = 8

ANSI = re.compile(r"\x1b(?:\[[0-?]{0,64}[ -/]{0,16}[@-~]|\][^\x07\x1b]{0,2048}(?:\x07|\x1b\\)|[@-Z\\-_])")
CONTROLS = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n"} | {0x7F: 0x2421}
INVISIBLE = (*range(0x80, 0xA0), 0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF)
NOT_PLAIN = re.compile(f"[{''.join(map(chr, (*CONTROLS, *INVISIBLE)))}\ud800-\udfff]")
VISIBLE = CONTROLS | {code: f"<U+{code:04X}>" for code in (*INVISIBLE, *range(0xD800, 0xE000))}

TOO_MANY = Redacted("The arguments hold too many secrets to look for each of them, so this is not shown.")


def redact_args(task_path: str, args_text: str | None, most: int = sys.maxsize) -> Any:
    """Return the arguments with their secrets replaced by REDACTED; a Redacted sentence when they are not JSON.

    Of very long arguments only the first ``most`` characters of text are shown; a Redacted note stands for the rest.
    """
    args = parsed(args_text)
    if isinstance(args, Redacted):
        return args
    secret = secret_keys(task_path)
    hidden = masker_of(secret, args_text)
    if hidden is None:
        return TOO_MANY
    return Masking(secret, hidden, most).masked(args)


def redact_text(task_path: str, args_text: str | None, text: str | None) -> str:
    """Return output, error or log as it may be shown: no secret of the arguments, no secret-looking pair, inert."""
    return redact(task_path, args_text, text, replacement) if text else ""


def redact_source(task_path: str, args_text: str | None, line: str) -> str:
    """Return a line of source code as it may be shown: names stay, secrets of the arguments and literals do not."""
    return redact(task_path, args_text, line, literal_replacement)


def redact(task_path: str, args_text: str | None, text: str, replace: Replace) -> str:
    secret = secret_keys(task_path)
    hidden = masker_of(secret, args_text)
    if hidden is None:
        return TOO_MANY
    return mask_pairs(hidden.sub(REDACTED, visible(text)), secret, replace)


def visible(text: str) -> str:
    """Return ``text`` without ANSI sequences; other control and bidirectional characters become visible signs."""
    if not NOT_PLAIN.search(text):
        return text
    return ANSI.sub("", text.replace("\r\n", "\n")).translate(VISIBLE)


def parsed(args_text: str | None) -> Any:
    try:
        return json.loads(args_text) if args_text else {}
    except (ValueError, RecursionError):
        return Redacted(f"These {len(args_text or ''):,} characters are not valid JSON, so they are not shown.")


def secret_keys(task_path: str) -> frozenset[str]:
    """Return the plain spelling of the task's own ``secret_args``."""
    return frozenset(plain(name) for name in conf.get_task_options(task_path).secret_args)


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
        return self.text(key) if len(key) <= self.left else f"name {place + 1}"

    def text(self, value: str) -> str:
        if len(value) > self.left:
            return Redacted(f"{len(value):,} characters, too many to show here")
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


@lru_cache(maxsize=16)
def masker_of(secret: frozenset[str], args_text: str | None) -> re.Pattern[str] | None:
    """Return a pattern for every spelling of the secrets in the arguments; None when they are too many to look for."""
    values = set(islice(secret_values(parsed(args_text), secret), MOST_VALUES + 1))
    if len(values) > MOST_VALUES:
        return None
    forms = {form for value in values for form in spellings(value) if len(form) >= SHORTEST_VALUE}
    return re.compile("|".join(whole_word(form) for form in sorted(forms, key=len, reverse=True)) or r"(?!)")


def spellings(value: str) -> Iterable[str]:
    """Return ``value`` as it appears in text, JSON, a repr, an address, and line by line."""
    lines = [line.strip() for line in value.splitlines() if len(line.strip()) >= SHORTEST_UNBOUNDED_VALUE]
    once, twice = json.dumps(value)[1:-1], json.dumps(json.dumps(value)[1:-1])[1:-1]
    encoded = (once, twice, json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1])
    return (visible(value), value.strip(), quote(value.encode("utf-8", "replace"), safe=""), *encoded, *lines)


def whole_word(form: str) -> str:
    escaped = re.escape(form)
    return escaped if len(form) >= SHORTEST_UNBOUNDED_VALUE else rf"(?<!\w){escaped}(?!\w)"
