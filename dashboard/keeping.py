"""Secrets of stored arguments that are edited without being shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from django_simple_queue.redaction import REDACTED

MISPLACED = gettext_noop("%(name)s holds %(mask)s where nobody knows which secret is meant: type the whole value.")


@dataclass(frozen=True, slots=True)
class Kept:
    """Arguments as they are ``stored`` and as they are ``shown``: what comes back as it was shown, stays as stored."""

    stored: Mapping[str, Any]
    shown: Mapping[str, Any]

    def restored(self, typed: Mapping[str, Any], problems: dict[str, str], prefix: str) -> dict[str, Any]:
        """Return ``typed`` with its secrets; a masked part that stands elsewhere than before is a problem."""
        found = {}
        for name, value in typed.items():
            try:
                found[name] = restore(value, self.shown.get(name), self.stored.get(name))
            except ValueError:
                place = prefix if prefix == "args" else f"{prefix}.{name}"
                problems[place] = _(MISPLACED) % {"name": name, "mask": REDACTED}
        return found


def restore(typed: Any, shown: Any, stored: Any) -> Any:
    """Return ``typed`` with what is masked in it replaced from ``stored``; ValueError where that has no such place."""
    if same(typed, shown):
        return stored
    if isinstance(typed, dict) and isinstance(shown, dict) and isinstance(stored, dict):
        return {key: restore(item, shown.get(key), stored.get(key)) for key, item in typed.items()}
    if isinstance(typed, list) and isinstance(shown, list) and len(typed) == len(shown):
        return [restore_item(item, place, shown, stored) for place, item in enumerate(typed)]
    return unmasked(typed)


def restore_item(typed: Any, place: int, shown: list[Any], stored: list[Any]) -> Any:
    """Return the item of a list that was edited: only one that looks like no other is known to have kept its place."""
    alike = [whole for look, whole in zip(shown, stored, strict=True) if same(typed, look)]
    if same(typed, shown[place]) and all(same(whole, stored[place]) for whole in alike):
        return stored[place]
    return unmasked(typed)


def unmasked(typed: Any) -> Any:
    if REDACTED in json.dumps(typed, ensure_ascii=False):
        raise ValueError(typed)
    return typed


def same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
