"""One rendering of a live region, or of a row, for all who would see the same; what is one person's comes afterwards.

The key of a region must name everything that decides what it shows. Nothing of the person who happens to ask first is
in the context it is rendered with: not the user, not the messages, and in place of the CSRF token a mark that nobody
can guess, so that no stored text can hold it.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.signals import setting_changed
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.urls import get_script_prefix
from django.utils import timezone, translation
from django.utils.safestring import SafeString, mark_safe

from dashboard.rendering import rendered

MOST, MOST_ROWS = 64, 2000
TOKEN = secrets.token_hex(32)
NOBODY = {"csrf_token": TOKEN, "user": None, "messages": ()}


@dataclass
class Region:
    """``html`` is "" until the first reader has rendered it, while the others wait at the lock."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    html: str = ""


class Regions:
    """The ``most`` regions of this process that were read last, by key."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.lock = threading.Lock()
        self.kept: OrderedDict[Hashable, Region] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], str]) -> str:
        region = self.find(key)
        with region.lock:
            region.html = region.html or make()
            return region.html

    def find(self, key: Hashable) -> Region:
        with self.lock:
            region = self.kept.setdefault(key, Region())
            self.kept.move_to_end(key)
            while len(self.kept) > self.most:
                self.kept.popitem(last=False)
            return region

    def forget(self, **signal: object) -> None:
        with self.lock:
            self.kept.clear()


regions, rows = Regions(), Regions(MOST_ROWS)
setting_changed.connect(rows.forget)


def region(request: HttpRequest, key: str, template: str, context: Callable[[], Mapping[str, Any]]) -> str:
    """Return the region as this reader gets it: rendered now, or for somebody before who sees the same."""
    html = regions.get(key, lambda: rendered(template, {**context(), **NOBODY}, request))
    return html.replace(TOKEN, get_token(request))


def row(key: tuple[Hashable, ...] | None, template: str, values: Mapping[str, Any], token: str = "") -> SafeString:
    """Return a row made of nothing but ``values``; ``key`` says all that decides how it looks, None that it cannot.

    ``token`` is the CSRF token of this reader for the forms of the row, if it has any.
    """

    def make() -> str:
        return rendered(template, {**values, **NOBODY}).strip()

    seen_from = (translation.get_language(), timezone.get_current_timezone_name(), get_script_prefix())
    html = make() if key is None else rows.get((*key, *seen_from), make)
    return mark_safe(html.replace(TOKEN, token))  # noqa: S308
