"""What somebody typed before their session ended: carried through the login page and back, signed, stored nowhere."""

from __future__ import annotations

from dataclasses import dataclass

from django.core import signing
from django.http import HttpRequest

SALT = "simple_queue_dashboard.typed"
FIELD = "typed"
NOT_TYPED = ("csrfmiddlewaretoken", "do", "reviewed")


@dataclass(frozen=True, slots=True)
class Typed:
    """A form as it was sent to ``address``."""

    address: str
    fields: list[tuple[str, str]]


def carry(request: HttpRequest) -> str:
    """Return the form that was sent, as one field of the login page; "" when nothing was typed."""
    sent = [(name, value) for name, values in request.POST.lists() for value in values if name not in NOT_TYPED]
    return signing.dumps([request.get_full_path(), sent], salt=SALT, compress=True) if sent else ""


def carried(request: HttpRequest) -> Typed | None:
    """Return the form that the login page has carried, None unless this server has put it there."""
    try:
        return Typed(*signing.loads(request.POST.get(FIELD, ""), salt=SALT))
    except signing.BadSignature:
        return None
