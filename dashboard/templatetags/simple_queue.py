"""Tags of the console: icons, statuses, times and arguments in the words and shapes that every page shares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import quote

from django import template
from django.core.signals import setting_changed
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import get_script_prefix
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from dashboard import preferences, shared, shell
from dashboard.charts import Spark, spark
from dashboard.formats import capped, coarse, compact, duration, number
from dashboard.htmx import page_path
from dashboard.moments import ago, clock, until
from dashboard.pauses import paused
from dashboard.selectors.hindrance import hindrance
from dashboard.selectors.rows import Row
from dashboard.states import State
from django_simple_queue.models import Task
from django_simple_queue.redaction import REDACTED, visible

register = template.Library()
ARGUMENTS_SHOWN = 160
LONGEST_SOUGHT = 60
MODULES_LENGTH, PATH_LENGTH = 16, 30
SPRITE = "simple_queue_dashboard/icons.svg"
STAYS_HERE = format_html_join(
    " ",
    '{}="{}"',
    {"hx-boost": "true", "hx-target": "#live", "hx-swap": "innerMorph show:none", "hx-push-url": "false"}.items(),
)
for formatted in (capped, coarse, duration, number):
    register.filter(formatted)
for said in (ago, clock, until):
    register.simple_tag(said)


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """An icon of the sprite; ``size`` is "sm" or "lg"."""
    return drawn(name, size, get_script_prefix())


@cache
def drawn(name: str, size: str, site: str) -> SafeString:
    """Return the icon, drawn once; where the sprite lies depends on where the ``site`` does."""
    classes = f"i i-{size}" if size else "i"
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>', classes, static(SPRITE), name)


setting_changed.connect(lambda **signal: drawn.cache_clear(), weak=False)


@register.simple_tag
def stays_here() -> SafeString:
    """Attributes of a form whose answer is merged into the live region: the page stays where it was scrolled to."""
    return STAYS_HERE


@register.simple_tag(takes_context=True)
def navigation(context: template.Context) -> list[shell.Place]:
    return shell.places(context["request"])


@register.simple_tag(takes_context=True)
def preference(context: template.Context, name: str) -> str:
    """What this operator has chosen for this browser."""
    return preferences.CHOICES[name].of(context["request"])


@register.simple_tag
def environment() -> shell.Environment:
    return shell.environment()


@register.simple_tag
def intervals() -> list[str]:
    """The seconds between two live updates that an operator may choose."""
    return sorted(set(preferences.INTERVAL.values) - {"0"}, key=int)


@register.simple_tag
def versions() -> tuple[str, str, str]:
    return shell.versions()


@register.simple_tag(takes_context=True)
def here(context: template.Context) -> str:
    """The path of this page, for the ``next`` of a form."""
    request: HttpRequest = context["request"]
    return page_path(request)


@register.simple_tag
def admin_url() -> str:
    """The admin's list of tasks, "" where the host has no admin."""
    return shell.url_or_nothing("admin:django_simple_queue_task_changelist")


@register.simple_tag
def task_admin_url(task: Task) -> str:
    """The admin's page of a task, "" where the host has no admin."""
    return shell.url_or_nothing("admin:django_simple_queue_task_change", task.pk)


@register.simple_tag
def badge(state: State, large: bool = False) -> SafeString:
    """The badge of a state that is not a task's own, such as a worker's or an attempt's."""
    classes = f"status{' status-lg' if large else ''} is-{state.tone}"
    return format_html('<span class="{}">{}{}</span>', classes, icon(state.icon), state.label)


@register.simple_tag
def place_url(name: str, *args: Any) -> str:
    """The address of a page of the console, "" where it does not exist."""
    return shell.url_or_nothing(f"simple_queue_dashboard:{name}", *args)


@register.simple_tag(takes_context=True)
def list_row(context: template.Context, row: Row) -> SafeString:
    """One row of the list of tasks; that of an ended task is rendered once for all who see the same."""
    by = context["by"]
    looks = row.looks
    held_up = hindrance(row.task.queue, paused(context["request"])) if row.held else ""
    values = {"row": row, "by": by, "held_up": held_up}
    return shared.row(looks and (*looks, *by.values()), "simple_queue_dashboard/_row.html", values)


@register.filter
def short_name(path: str) -> str:
    """The last part of a dotted path."""
    return visible(path.rpartition(".")[2] or path)


@register.filter
def shown(text: object) -> str:
    """Text of unknown origin, with control and bidirectional characters made visible."""
    return visible(str(text or ""))


@register.filter
def initials(user: Any) -> str:
    """The one or two letters that stand for a person."""
    words = (user.get_full_name() or str(user)).split()
    return "".join(word[0] for word in words[:2]).upper() if len(words) > 1 else str(user)[:2].upper()


@register.filter
def short_id(value: object) -> str:
    """The last eight characters of an id: those of a UUIDv7 that differ."""
    return str(value)[-8:]


@register.filter
def near(path: str) -> str:
    """A dotted path with its nearest modules only, when all of them would take too much room in a list."""
    *modules, name = path.split(".")
    while len(".".join(modules)) > MODULES_LENGTH and len(modules) > 1:
        modules = [f"…{modules[1]}", *modules[2:]]
    return ".".join([*modules, name])


@register.filter
def cut_to_fit(path: str) -> str:
    """The whole of a dotted path that a list has no room for, "" of one that it shows whole."""
    return "" if near(path) == path and len(path) <= PATH_LENGTH else visible(path)


@register.simple_tag
def task_name(path: str) -> SafeString:
    """A dotted path with its modules dimmed; where room is short they lose their beginning."""
    modules, dot, name = visible(path).rpartition(".")
    return format_html("<i><bdi>{}{}</bdi></i>{}", modules, dot, name)


@register.simple_tag
def arguments(values: Any, address: str = "") -> SafeString:
    """Arguments as key=value with dim keys; something that is not a mapping as its JSON.

    With ``address``, the address of a list up to the value of its filter ``args``, plain values are links that filter.
    """
    if not isinstance(values, Mapping):
        return format_html("{}", compact(values))
    return format_html_join(" ", "{}", ((pair(key, value, address),) for key, value in shown_pairs(values)))


def pair(key: str, value: Any, address: str) -> SafeString:
    words = format_html("<i>{}=</i>{}", key, compact(value))
    if not address or not is_sought(key, value):
        return words
    target = address + quote(f"{key}={value}", safe="")
    return format_html('<a tabindex="-1" href="{}">{}</a>', target, words)


def is_sought(key: str, value: Any) -> bool:
    """Tell whether a search for this argument makes sense: a short, plain value that is not masked."""
    plain = isinstance(value, str | int | float) and not isinstance(value, bool)
    return plain and key.isidentifier() and 0 < len(str(value)) <= LONGEST_SOUGHT and REDACTED not in str(value)


def shown_pairs(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the first arguments, as many as a row has room for."""
    room = ARGUMENTS_SHOWN
    for key, value in values.items():
        if room <= 0:
            return
        room -= len(key) + len(compact(value)) + 2
        yield key, value


@register.inclusion_tag("simple_queue_dashboard/_spark.html")
def sparkline(values: list[int], label: str) -> dict[str, Spark | str]:
    """A line of numbers as inline SVG; ``label`` says it in words."""
    return {"spark": spark(values), "label": label}
