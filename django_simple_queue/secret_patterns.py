"""What a secret looks like: names of keys, and pairs in text that nobody declared."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

SECRET_KEYS = (
    "password passwd passphrase passcode secret token apikey accesskey privatekey authorization credential cookie "
    "session creditcard cardnumber cardno signature"
).split()
SHORT_SECRET_KEYS = frozenset("pwd pw pin cvv cvc cvv2 cvc2 csc otp ssn auth jwt pan bearer pass".split())
SEPARATORS = re.compile(r"[^0-9a-z]+")
WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")

KEY_IN_TEXT = (
    r"(?:pass[-_ ]?(?:word|wd|phrase|code)|secret|token|(?:api|access|private)[-_ ]?key|credentials?|session|"
    r"authorization|cookie|credit[-_ ]?card|card[-_ ]?n(?:umber|o)|signature|\b(?:pwd|cvv2?|cvc2?|otp|ssn|jwt){extra})"
)
# Text may be cut inside a value, so what closes it may be missing: then one in quotation marks is the rest of the line,
# a list or an object all that follows, but for what follows the one line of it that the trace of an error shows.
NEXT_LINE = r"\n(?![ |]*File \")"
LIST = r"\[(?:[^\[\]\n]|" + NEXT_LINE + r"|\[[^\[\]]{{0,4096}}\]){{0,16384}}\]?"
OBJECT = r"\{{(?:[^{{}}\n]|" + NEXT_LINE + r"|\{{[^{{}}]{{0,4096}}\}}){{0,16384}}\}}?"
VALUE_IN_TEXT = (
    r"""(?P<value>\\"(?:[^"\\\n]|\\[^"\n])*(?:\\"?)?|"(?:[^"\\\n]|\\.?)*"?|'(?:[^'\\\n]|\\.?)*'?|"""
    rf"""{LIST}|{OBJECT}|[^\s"',;&<>()\[\]{{{{}}}}]+)"""
)
SEPARATOR_IN_TEXT = r"[\w-]{{0,40}}(?:%3[ad]|\\?[\"']?[ \t]{{0,4}}(?:=>|[:=])[ \t]{{0,4}}(?:[bfru]{{1,2}}(?=[\"']))?)"
PAIR = r"(?P<before>" + KEY_IN_TEXT + SEPARATOR_IN_TEXT + r")" + VALUE_IN_TEXT
ELEMENT = r"(?P<element>" + KEY_IN_TEXT + r"[\w-]{{0,40}}>)[^<]{{1,4096}}+(?=</)"
HEADER = r"(?P<header>\b(?:proxy-)?(?:authorization|(?:set-)?cookie)[ \t]{{0,4}}:[ \t]{{0,4}})[^\s\"'][^\n]*"
BEARER = r"(?P<bearer>\b(?:bearer|basic)[ \t]{{1,4}})[\w.~+/=-]{{8,}}"
USERINFO = r"(?P<scheme>://[^\s/:@]{{0,128}}:)[^\s/@]{{1,512}}(?=@)"
PEM = r"(?P<pem>-----BEGIN [A-Z ]{{0,40}}PRIVATE KEY-----)[^-]{{0,16384}}(?:-----END [A-Z ]{{0,40}}-----)?"
QUOTES = re.compile(r"\\?[\"']|")
SECRETS_IN_TEXT = "|".join((PEM, HEADER, BEARER, USERINFO, ELEMENT, PAIR))
BEGINNINGS = (
    "pass|secret|token|api|access|private|credential|session|authorization|cookie|credit|card|signature|pwd|cvv|cvc|otp|"
    "ssn|jwt|bearer|basic|://|-----begin"
)


class Redacted(str):
    """Text that stands for something that must not be shown; templates print it as a tag."""


REDACTED = Redacted("[redacted]")
Replace = Callable[[re.Match[str]], str]


@lru_cache(maxsize=4096)
def is_secret(key: str, secret: frozenset[str]) -> bool:
    """Tell whether a value under ``key`` must not be shown, however the key is spelled."""
    name = plain(key)
    words = {word.lower() for word in WORDS.findall(key[:200])}
    return name in secret or any(part in name for part in SECRET_KEYS) or bool((words | {name}) & SHORT_SECRET_KEYS)


def plain(key: str) -> str:
    return SEPARATORS.sub("", key.lower())


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
        return next(kept for kept in match.group("pem", "header", "bearer", "scheme", "element") if kept) + REDACTED
    quoted = quote_of(value)
    return f"{match['before']}{quoted}{REDACTED}{quoted}"


def literal_replacement(match: re.Match[str]) -> str:
    value = match["value"]
    return match[0] if value is not None and not set("\"'") & set(value) else replacement(match)


def quote_of(value: str) -> str:
    """Return the quotation mark, escaped or not, that opens ``value``; "" when there is none."""
    found = QUOTES.match(value)
    return found[0] if found else ""
