"""One rendering of a live region for all who would see the same; what belongs to one person is put in afterwards.

The key of a region must name everything that decides what it shows. Nothing of the person who happens to ask first is
in the context it is rendered with: not the user, not the messages, and in place of the CSRF token a mark that nobody
can guess, so that no stored text can hold it.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

MOST = 64
TOKEN = secrets.token_hex(32)
NOBODY = {"csrf_token": TOKEN, "user": None, "messages": ()}


@dataclass
class Region:
    """``html`` is "" until the first reader has rendered it, while the others wait at the lock."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    html: str = ""


class Regions:
    """The latest regions of this process, by key."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.kept: OrderedDict[str, Region] = OrderedDict()

    def get(self, key: str, make: Callable[[], str]) -> str:
        region = self.find(key)
        with region.lock:
            region.html = region.html or make()
            return region.html

    def find(self, key: str) -> Region:
        with self.lock:
            region = self.kept.setdefault(key, Region())
            self.kept.move_to_end(key)
            while len(self.kept) > MOST:
                self.kept.popitem(last=False)
            return region


regions = Regions()


def region(request: HttpRequest, key: str, template: str, context: Callable[[], Mapping[str, Any]]) -> SafeString:
    """Return the region as this reader gets it: rendered now, or for somebody before who sees the same."""
    html = regions.get(key, lambda: render_to_string(template, {**context(), **NOBODY}, request))
    return mark_safe(html.replace(TOKEN, get_token(request)))  # noqa: S308
