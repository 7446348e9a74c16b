"""Filters for what a task and its history say, in words."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlencode

from django import template
from django.contrib.messages.storage.base import Message
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext

from dashboard import charts, shared
from dashboard.access import may
from dashboard.formats import NOTHING, brief, coarse, day_and_time, number, window_words
from dashboard.moments import stamp
from dashboard.pauses import MAY_RESUME, paused
from dashboard.selectors import snapshot
from dashboard.selectors.activity import Filter, did
from dashboard.selectors.failures import Group
from dashboard.selectors.open_groups import OpenGroups
from dashboard.selectors.task_page import MOST_SIMILAR
from dashboard.templatetags.simple_queue import short_name, shown
from dashboard.undo_words import outcome_words
from dashboard.wording import past
from django_simple_queue.models import OperatorAction, QueuePause, Task, Worker
from django_simple_queue.redaction import redact_text, visible

register = template.Library()
GROUP_ROW = "simple_queue_dashboard/_failures_row.html"
register.filter("did", did)
register.filter(brief)
register.filter(window_words)
register.filter(shown)
register.filter(short_name)


@register.inclusion_tag("simple_queue_dashboard/_bars.html")
def bars(values: list[int], label: str) -> dict[str, object]:
    """Bars for numbers as inline SVG; ``label`` says it in words, with the largest."""
    return {"bars": charts.bars(values), "label": f"{label}, {gettext('most')} {max(values, default=0)}"}


@register.simple_tag(takes_context=True)
def group_row(context: template.Context, group: Group) -> SafeString:
    """One row of the table of failures; rendered once for all who see the same."""
    own = {name: context[name] for name in ("may_requeue", "may_change", "page_path", "list")}
    values = {"group": group, **own}
    return shared.row((*group.looks, *own.values()), GROUP_ROW, values, str(context["csrf_token"]))


@register.simple_tag
def open_groups() -> OpenGroups:
    """How many groups of failures need somebody."""
    return snapshot.open_groups()


class Pauses(list[QueuePause]):
    """The queues that are paused now, and whether this operator may resume them."""

    now: datetime
    may_change: bool


@register.simple_tag(takes_context=True)
def pauses(context: template.Context) -> Pauses:
    request = context["request"]
    found = Pauses(paused(request))
    found.now, found.may_change = timezone.now(), may(request, MAY_RESUME)
    return found


@register.filter
def rate(per_minute: float | None) -> str:
    """Tasks per minute: whole numbers, tenths below ten."""
    if not per_minute:
        return NOTHING if per_minute is None else "0"
    return f"{per_minute:.1f}" if per_minute < 9.95 else number(round(per_minute))


@register.filter
def progress_message(task: Task) -> str:
    return redact_text(task.task, task.args, task.progress_message)


@register.filter
def others(action: OperatorAction) -> int:
    """How many other tasks the action moved besides one that it moved."""
    return max(action.done - 1, 0)


@register.filter
def similar_count(count: int) -> str:
    if count > MOST_SIMILAR:
        return gettext("More than %s") % MOST_SIMILAR
    return ngettext("%s other task", "%s others", count) % count


@register.simple_tag
def moment(value: datetime, now: datetime) -> SafeString:
    """A moment as the time of day, with the day when that is not today."""
    local = timezone.localtime(value)
    today = local.date() == timezone.localdate(now)
    return stamp(value, f"{local:%H:%M:%S}" if today else day_and_time(local))


@register.filter
def letters(name: str) -> str:
    """The one or two letters that stand for a person who is known by name only."""
    return visible(name)[:2].upper() or "SQ"


@register.filter
def verb_label(verb: str) -> str:
    return visible(capfirst(past(verb)))


@register.filter
def scope_words(action: OperatorAction) -> str:
    """Which tasks were meant, as the action says it."""
    return visible(action.scope)


@register.filter
def megabytes(size: int) -> str:
    return f"{size / 2**20:,.0f} MB"


@register.filter
def uptime(worker: Worker, now: datetime) -> str:
    return coarse(now - worker.started)


@register.filter
def running_for(task: Task, now: datetime) -> timedelta:
    return now - (task.started or task.modified)


@register.simple_tag
def kept(chosen: Filter) -> str:
    """The part of a query that keeps the choice of the activity list from page to page."""
    values = {"who": chosen.who, "verb": chosen.verb, "time": chosen.time, "q": chosen.text}
    query = urlencode({name: value for name, value in values.items() if value})
    return f"{query}&" if query else ""


@register.filter
def undo_words(action: OperatorAction) -> str:
    """What became of the tasks when the action was undone, where there is more to say than that it was."""
    outcomes = action.undo_outcomes or {}
    return outcome_words(outcomes) if len(outcomes) > 1 else ""


@register.simple_tag
def undo_of(count: int | str) -> str:
    """The word on the button that takes back one task, or so many."""
    return gettext("Undo") if int(count or 1) < 2 else gettext("Undo %s") % number(int(count))


@register.simple_tag
def offer(message: Message) -> dict[str, str]:
    """What a message offers beside its sentence: "undo" or "watch" of an action, "edit" of a task."""
    kind, pk, count = [*(message.extra_tags or "").split(":"), "", ""][:3]
    return {"kind": kind, "pk": pk, "count": count}


@register.simple_tag(takes_context=True)
def may_do(context: template.Context, permission: str) -> bool:
    """Tell whether the operator holds a permission."""
    return may(context["request"], permission)
