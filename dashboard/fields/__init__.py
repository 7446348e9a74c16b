"""The kinds of value that a task may take: each knows its words, its JSON, and how a form asks for it."""

from __future__ import annotations

from dashboard.fields.annotations import kind_of
from dashboard.fields.base import NOTHING, Control, Kind, Problems, Raw
from dashboard.fields.members import Member, fill, read
from dashboard.fields.plain import as_json, plain, pretty

__all__ = [
    "NOTHING",
    "Control",
    "Kind",
    "Member",
    "Problems",
    "Raw",
    "as_json",
    "fill",
    "kind_of",
    "plain",
    "pretty",
    "read",
]
