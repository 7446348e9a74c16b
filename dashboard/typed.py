"""What somebody typed before their session ended: carried through the login page and back, signed, stored nowhere.

The signature says that this server has put together what is carried, within the last hour. It does not say who typed
it (anybody may have a form carried), and hides nothing from whoever reads the login page. So what comes back is given
to nobody but the user whose page it was typed into, and only fills in the form: to enqueue it takes another click.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import timedelta
from typing import Any

from django.core import signing
from django.http import HttpRequest

SALT = "simple_queue_dashboard.typed"
FIELD, READER, RESUMED = "typed", "typed_by", "resumed"
NOT_TYPED = ("csrfmiddlewaretoken", "do", "reviewed", READER, RESUMED)
KEPT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Typed:
    """A form as it was sent to ``address``, from the page of the user ``reader``."""

    reader: str
    address: str
    fields: list[tuple[str, str]]

    def is_of(self, user: Any) -> bool:
        return bool(self.fields) and self.reader == str(user.pk)


def sent(request: HttpRequest) -> Typed:
    """Return the form that was sent."""
    fields = [(name, value) for name, values in request.POST.lists() for value in values if name not in NOT_TYPED]
    return Typed(request.POST.get(READER, ""), request.get_full_path(), fields)


def carry(request: HttpRequest) -> str:
    """Return the form that was sent, as one field of the login page; "" when there is nothing to give back."""
    typed = sent(request)
    return signing.dumps(astuple(typed), salt=SALT, compress=True) if typed.reader and typed.fields else ""


def carried(request: HttpRequest) -> Typed | None:
    """Return the form that the login page has carried, None unless it is of the user who has signed in."""
    try:
        typed = Typed(*signing.loads(request.POST.get(FIELD, ""), salt=SALT, max_age=KEPT))
    except signing.BadSignature:
        return None
    return typed if typed.is_of(request.user) else None
