"""What every page shows around its own content: navigation, environment, versions."""

from __future__ import annotations

from dataclasses import dataclass

import django
from django.db import connections
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext, gettext_noop

import django_simple_queue
from dashboard.access import may
from django_simple_queue import conf
from django_simple_queue.models.primary import alias

REHEARSALS = ("staging", "preprod", "pre-production", "uat", "test")
DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mysql": "MySQL"}


@dataclass(frozen=True, slots=True)
class Place:
    """A page of the navigation; ``on_phone`` says that it has a place in the bottom bar."""

    name: str
    word: str
    icon: str
    permission: str = "view_task"
    on_phone: bool = True
    url: str = ""
    current: bool = False

    @property
    def label(self) -> str:
        return gettext(self.word)


PLACES = (
    Place("tasks", gettext_noop("Tasks"), "list"),
    Place("failures", gettext_noop("Failures"), "failed"),
    Place("enqueue", gettext_noop("Enqueue"), "plus", "add_task"),
    Place("schedules", gettext_noop("Schedules"), "clock", on_phone=False),
    Place("workers", gettext_noop("Workers"), "server"),
    Place("activity", gettext_noop("Activity"), "trend", "view_operatoraction", on_phone=False),
)
SECTION = {
    "action": "activity",
    "export": "tasks",
    "failure": "failures",
    "named": "tasks",
    "queue": "workers",
    "task": "tasks",
}


def places(request: HttpRequest) -> list[Place]:
    """Return the pages that exist and that this operator may open."""
    match = request.resolver_match
    here = match.url_name.partition("_")[0] if match and match.url_name else ""
    found = (located(place, SECTION.get(here, here)) for place in PLACES if may(request, place.permission))
    return [place for place in found if place.url]


def located(place: Place, here: str) -> Place:
    values = {name: getattr(place, name) for name in ("name", "word", "icon", "permission", "on_phone")}
    return Place(**values, url=url_or_nothing(f"simple_queue_dashboard:{place.name}"), current=place.name == here)


def url_or_nothing(name: str, *args: object) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


@dataclass(frozen=True, slots=True)
class Environment:
    """The badge that tells one installation from another; ``tone`` is the colour's name in the stylesheet."""

    name: str
    tone: str


def environment() -> Environment:
    name = conf.get_environment()
    return Environment(name, "failed" if is_live() else "warn" if name.lower() in REHEARSALS else "queued")


def is_live() -> bool:
    """Tell whether the ENVIRONMENT is one that customers meet."""
    plain = conf.get_environment().lower()
    return plain.startswith("prod") or plain == "live"


def versions() -> tuple[str, str, str]:
    vendor = connections[alias()].vendor
    return django_simple_queue.__version__, django.get_version(), DATABASES.get(vendor, vendor)
