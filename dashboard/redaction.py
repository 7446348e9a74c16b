"""What may be shown of arguments, outputs, errors and logs: secrets masked, and text that cannot act on the page."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any
from urllib.parse import quote

from django_simple_queue import conf

SECRET_KEYS = (
    "password passwd passphrase passcode secret token apikey accesskey privatekey authorization credential cookie "
    "session creditcard cardnumber cardno signature"
).split()
SHORT_SECRET_KEYS = frozenset("pwd pw pin cvv cvc cvv2 cvc2 csc otp ssn auth jwt pan bearer pass".split())
SEPARATORS = re.compile(r"[^0-9a-z]+")
WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
MOST_VALUES = 300
SHORTEST_VALUE = 3
SHORTEST_UNBOUNDED_VALUE = 8

ANSI = re.compile(r"\x1b(?:\[[0-?]{0,64}[ -/]{0,16}[@-~]|\][^\x07\x1b]{0,2048}(?:\x07|\x1b\\)|[@-Z\\-_])")
CONTROLS = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n"} | {0x7F: 0x2421}
INVISIBLE = (*range(0x80, 0xA0), 0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF)
NOT_PLAIN = re.compile(f"[{''.join(map(chr, (*CONTROLS, *INVISIBLE)))}\ud800-\udfff]")
VISIBLE = CONTROLS | {code: f"<U+{code:04X}>" for code in (*INVISIBLE, *range(0xD800, 0xE000))}

KEY_IN_TEXT = (
    r"(?:pass[-_ ]?(?:word|wd|phrase|code)|secret|token|(?:api|access|private)[-_ ]?key|credentials?|session|"
    r"authorization|cookie|credit[-_ ]?card|card[-_ ]?n(?:umber|o)|signature|\b(?:pwd|cvv2?|cvc2?|otp|ssn|jwt){extra})"
)
VALUE_IN_TEXT = (
    r"""(?P<value>\\"(?:[^"\\\n]|\\[^"\n])*\\"|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[^\s"',;&<>()\[\]{{}}]+)"""
)
PAIR = r"(?P<before>" + KEY_IN_TEXT + r"[\w-]{{0,40}}\\?[\"']?[ \t]{{0,4}}(?:=>|[:=])[ \t]{{0,4}})" + VALUE_IN_TEXT
HEADER = r"(?P<header>\b(?:proxy-)?(?:authorization|(?:set-)?cookie)[ \t]{{0,4}}:[ \t]{{0,4}})[^\s\"'][^\n]*"
BEARER = r"(?P<bearer>\b(?:bearer|basic)[ \t]{{1,4}})[\w.~+/=-]{{8,}}"
USERINFO = r"(?P<scheme>://[^\s/:@]{{0,128}}:)[^\s/@]{{1,512}}(?=@)"
PEM = r"(?P<pem>-----BEGIN [A-Z ]{{0,40}}PRIVATE KEY-----)[^-]{{0,16384}}(?:-----END [A-Z ]{{0,40}}-----)?"
QUOTES = re.compile(r"\\?[\"']|")
SECRETS_IN_TEXT = "|".join((PEM, HEADER, BEARER, USERINFO, PAIR))
BEGINNINGS = (
    "pass|secret|token|api|access|private|credential|session|authorization|cookie|credit|card|signature|pwd|cvv|cvc|otp|"
    "ssn|jwt|bearer|basic|://|-----begin"
)


class Redacted(str):
    """Text that stands for something that must not be shown; templates print it as a tag."""


REDACTED = Redacted("[redacted]")
TOO_MANY = Redacted("The arguments hold too many secrets to look for each of them, so this is not shown.")
Replace = Callable[[re.Match[str]], str]


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


def mask_pairs(text: str, secret: frozenset[str], replace: Replace) -> str:
    """Mask what looks like a secret; the patterns are slow, so they are tried only where one of them can begin."""
    beginnings, pattern = text_patterns(secret)
    lower = text.lower()
    if len(lower) != len(text):
        return pattern.sub(replace, text)
    parts, end = [], 0
    for beginning in beginnings.finditer(lower):
        found = pattern.match(text, beginning.start()) if beginning.start() >= end else None
        if found:
            parts += [text[end : found.start()], replace(found)]
            end = found.end()
    return "".join([*parts, text[end:]]) if parts else text


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


def plain(key: str) -> str:
    return SEPARATORS.sub("", key.lower())


@lru_cache(maxsize=4096)
def is_secret(key: str, secret: frozenset[str]) -> bool:
    """Tell whether a value under ``key`` must not be shown, however the key is spelled."""
    name = plain(key)
    words = {word.lower() for word in WORDS.findall(key[:200])}
    return name in secret or any(part in name for part in SECRET_KEYS) or bool((words | {name}) & SHORT_SECRET_KEYS)


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


@lru_cache(maxsize=64)
def text_patterns(secret: frozenset[str]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return where, in lower case, a secret can begin, and what it looks like; ``secret`` adds the task's own keys."""
    names = "".join(f"|{spelled(name)}" for name in sorted(secret) if name)
    return re.compile(BEGINNINGS + names), re.compile(SECRETS_IN_TEXT.format(extra=names), re.IGNORECASE)


def spelled(name: str) -> str:
    return "[-_ ]?".join(name)


def replacement(match: re.Match[str]) -> str:
    value = match["value"]
    if value is None:
        return next(kept for kept in match.group("pem", "header", "bearer", "scheme") if kept) + REDACTED
    quoted = quote_of(value)
    return f"{match['before']}{quoted}{REDACTED}{quoted}"


def literal_replacement(match: re.Match[str]) -> str:
    value = match["value"]
    return match[0] if value is not None and not quote_of(value) else replacement(match)


def quote_of(value: str) -> str:
    """Return the quotation mark, escaped or not, that opens ``value``; "" when there is none."""
    found = QUOTES.match(value)
    return found[0] if found else ""
