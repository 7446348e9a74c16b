"""JSON that people type: read strictly, and refused in words that say where and why."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from django_simple_queue import conf

EXPECTED = {
    "Expecting value": gettext_lazy("a value is missing"),
    "Expecting property name enclosed in double quotes": gettext_lazy("a name in double quotes is missing"),
    "Illegal trailing comma before end of object": gettext_lazy("the last entry must not end with a comma"),
    "Illegal trailing comma before end of array": gettext_lazy("the last entry must not end with a comma"),
    "Expecting ',' delimiter": gettext_lazy("a comma or a closing bracket is missing"),
    "Expecting ':' delimiter": gettext_lazy("a colon is missing"),
    "Extra data": gettext_lazy("the value has ended already"),
    "Unterminated string starting at": gettext_lazy("this text has no closing quotation mark"),
    "Invalid control character at": gettext_lazy("a line break inside a text is written \\n"),
    "Invalid \\escape": gettext_lazy("a backslash inside a text is written \\\\"),
}
NAMES = {
    list: gettext_lazy("a list"),
    str: gettext_lazy("text"),
    bool: gettext_lazy("true or false"),
    type(None): gettext_lazy("null"),
}


def read_json(text: str) -> Any:
    """Return the JSON value in ``text``; ValueError says where and what is wrong with it."""
    size, limit = len(text.encode("utf-8", "replace")), conf.get_max_args_size()
    if size > limit:
        raise ValueError(
            _("This is %(size)s bytes, more than the %(limit)s of %(setting)s.")
            % {"size": f"{size:,}", "limit": f"{limit:,}", "setting": f"{conf.PREFIX}MAX_ARGS_SIZE"}
        )
    try:
        return json.loads(text, object_pairs_hook=unique_keys, parse_constant=refuse_constant)
    except json.JSONDecodeError as error:
        raise ValueError(located(error)) from error
    except RecursionError:
        raise ValueError(_("This is nested too deeply.")) from None


def read_object(text: str) -> dict[str, Any]:
    """Return the JSON object in ``text``, {} for none; ValueError as above."""
    value = read_json(text or "{}")
    if not isinstance(value, dict):
        found = NAMES.get(type(value)) or _("a number")
        raise ValueError(
            _("A JSON object is needed, such as %(example)s, not %(found)s.")
            % {"example": '{"name": 1}', "found": found}
        )
    return value


def located(error: json.JSONDecodeError) -> str:
    found = error.doc[error.pos : error.pos + 20].partition("\n")[0]
    own = error.msg[:1].lower() + error.msg[1:]
    parts = {
        "line": error.lineno,
        "column": error.colno,
        "reason": EXPECTED.get(error.msg.removesuffix(" at")) or EXPECTED.get(error.msg) or own,
        "found": found,
    }
    if found:
        return _("Line %(line)s, column %(column)s: %(reason)s before “%(found)s”.") % parts
    return _("Line %(line)s, column %(column)s: %(reason)s.") % parts


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(_("The name “%s” appears twice in one object.") % key[:80])
        found[key] = value
    return found


def refuse_constant(name: str) -> None:
    raise ValueError(_("%s is not a JSON number.") % name)
