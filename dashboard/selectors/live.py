"""The tag of a live region: it changes when the region would show something else."""

from __future__ import annotations

from django.http import HttpRequest

from dashboard.htmx import page_path
from dashboard.selectors.snapshot import Snapshot
from dashboard.tags import age, tag_of

BUSY_SECONDS = 5
IDLE_SECONDS = 15


def tag(request: HttpRequest, picture: Snapshot, *extra: object) -> str:
    """Return the tag of this operator's view of a page; ``extra`` is whatever else the page shows.

    The picture knows the newest operator action, so an operator's own click shows at once whichever process answers.
    """
    return tag_for(request.user.pk, request, picture, *extra)


def shared_tag(request: HttpRequest, picture: Snapshot, *extra: object) -> str:
    """Return the same tag for all who see the same; ``extra`` must say whose view it is, where that matters."""
    return tag_for("", request, picture, *extra)


def tag_for(reader: object, request: HttpRequest, picture: Snapshot, *extra: object) -> str:
    return tag_of(
        page_path(request),
        reader,
        request.user.is_superuser or sorted(request.user.get_all_permissions()),
        picture.name,
        picture.deeds,
        age_bucket(picture),
        *extra,
    )


def age_bucket(picture: Snapshot) -> int:
    """Return a number that changes as often as the ages on the page should be told anew."""
    busy = picture.running or picture.counts.get("queued")
    return age(BUSY_SECONDS if busy else IDLE_SECONDS)
