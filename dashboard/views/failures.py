"""Failures by group: the list, one group, what an operator decides about it, its tasks requeued for a window."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard import groups, scopes
from dashboard.access import may, operator
from dashboard.actions import was_first
from dashboard.deadline import deadline
from dashboard.htmx import live_page, with_query
from dashboard.models import FailureGroup
from dashboard.selectors import failures as selector
from dashboard.selectors import live, snapshot
from dashboard.selectors.failures import Chosen, Group
from dashboard.selectors.group_page import group_page, read_group
from dashboard.selectors.group_windows import WINDOWS
from dashboard.selectors.rise import after_release
from dashboard.summary import markdown
from dashboard.views.actions import tell
from dashboard.views.matching import answer, read_mark

CHANGE = "simple_queue_dashboard.change_failuregroup"
SAID = {
    "resolve_group": gettext_lazy("Resolved. You are told if it returns."),
    "ignore_group": gettext_lazy("Ignored. It is never told again."),
    "reopen_group": gettext_lazy("Open again."),
}
RETURNED = gettext_lazy("Resolved as it was shown. It has failed again since.")
MARKS = ("new", "quiet")
GROUP = re.compile("[0-9a-f]{16}")


@operator(limited=False)
def failures(request: HttpRequest) -> HttpResponseBase:
    """Show the groups."""
    picture = snapshot.current()
    tag = live.tag(request, picture, may(request, "view_task_payload"))
    return live_page(request, "failures", lambda: context(request, picture), tag)


def context(request: HttpRequest, picture: snapshot.Snapshot) -> Mapping[str, Any]:
    now, chosen, number = timezone.now(), read_choice(request), read_number(request)
    page = selector.failures(chosen, number, now, with_payload=may(request, "view_task_payload"))
    address = request.build_absolute_uri(reverse("simple_queue_dashboard:failures"))
    return {
        "page": page,
        "chosen": chosen,
        "now": now,
        "tabs": [tab(request, state, chosen.state, page.counts) for state in FailureGroup.State],
        "rise": after_release(picture.fleet, page.groups, now),
        "ungrouped": picture.ungrouped,
        "links": {"older": link(request, page=str(number + 1)), "newer": link(request, page=str(number - 1))},
        "without_filters": link(request, q=None, task=None, release=None, mark=None),
        "only_new": link(request, mark="new"),
        "may_change": may(request, CHANGE),
        "may_requeue": may(request, "requeue_task"),
        "summary": partial(markdown, page.groups, now, address),
    }


def tab(request: HttpRequest, state: str, current: str, counts: Mapping[str, int]) -> dict[str, Any]:
    label = FailureGroup.State(state).label
    return {
        "label": label,
        "slug": state,
        "count": counts.get(state, 0),
        "current": state == current,
        "url": link(request, state=state),
    }


def link(request: HttpRequest, **changes: str | None) -> str:
    return with_query(request, **{"page": None, "live": None, **changes})


def read_choice(request: HttpRequest) -> Chosen:
    given = {name: request.GET.get(name, "")[:255] for name in ("q", "task", "release", "mark", "state")}
    state = given["state"] if given["state"] in FailureGroup.State.values else FailureGroup.State.OPEN
    mark = given["mark"] if given["mark"] in MARKS else ""
    return Chosen(state, given["q"], given["task"], given["release"], mark)


def read_number(request: HttpRequest) -> int:
    text = request.GET.get("page", "")
    return min(max(int(text), 1), 1000) if text.isascii() and text.isdecimal() and len(text) < 6 else 1


@operator()
def failures_summary(request: HttpRequest) -> HttpResponseBase:
    """Send the incident summary of the groups that the page shows as a file."""
    now = timezone.now()
    chosen, with_payload = read_choice(request), may(request, "view_task_payload")
    page = selector.failures(chosen, read_number(request), now, with_payload=with_payload)
    return as_file(request, page.groups, now, "failures")


@operator()
def failure(request: HttpRequest, fingerprint: str) -> HttpResponseBase:
    """Show one group, or that none of its tasks is failed any more: an Undo brings them back."""
    picture = snapshot.current()
    tag = live.tag(request, picture, may(request, "view_task_payload"))
    return live_page(request, "failure", lambda: group_context(request, fingerprint), tag)


def group_context(request: HttpRequest, fingerprint: str) -> Mapping[str, Any]:
    now, with_payload = timezone.now(), may(request, "view_task_payload")
    group = sought(fingerprint, now, with_payload)
    if group is None:
        return {"group": None}
    return {
        "page": group_page(group, with_payload=with_payload),
        "group": group,
        "now": now,
        "may_change": may(request, CHANGE),
        "may_requeue": may(request, "requeue_task"),
        "summary": markdown([group], now, request.build_absolute_uri(reverse("simple_queue_dashboard:failures"))),
    }


@operator()
def failure_summary(request: HttpRequest, fingerprint: str) -> HttpResponseBase:
    now = timezone.now()
    group = found(fingerprint, now, may(request, "view_task_payload"))
    return as_file(request, [group], now, f"failures-{group.fingerprint}")


def as_file(request: HttpRequest, shown: Any, now: datetime, name: str) -> HttpResponse:
    text = markdown(shown, now, request.build_absolute_uri(reverse("simple_queue_dashboard:failures")))
    response = HttpResponse(text, content_type="text/markdown; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.md"'
    return response


def judged(verb: str) -> Callable[..., HttpResponseBase]:
    @operator(CHANGE, methods=("POST",))
    def view(request: HttpRequest, fingerprint: str) -> HttpResponseBase:
        now, decision = scopes.mark(), request.POST.get("decision", "")
        seen = scopes.read_moment(request.POST.get("seen"), now)
        group = found(fingerprint, timezone.now(), with_payload=False)
        again = group.found.last > seen
        if not groups.judge(verb, group, request.user, decision=decision, until=seen if again else now):
            return tell(request, why_not(fingerprint, request.user))
        said = RETURNED if again and verb == "resolve_group" else SAID[verb]
        return tell(request, str(said), done=True)

    return view


def why_not(fingerprint: str, actor: Any) -> str:
    latest = groups.latest(fingerprint)
    return was_first(latest, actor) if latest else _("Nobody has decided anything about it. Nothing done.")


failure_resolve = judged("resolve_group")
failure_ignore = judged("ignore_group")
failure_reopen = judged("reopen_group")


@operator("requeue_task", methods=("GET", "HEAD", "POST"))
def failure_requeue(request: HttpRequest, fingerprint: str) -> HttpResponseBase:
    """Say what a requeue of the window would do; do it when that is answered."""
    is_confirmed = request.POST.get("confirm") == "yes"
    group = (sought if is_confirmed else found)(fingerprint, timezone.now(), with_payload=False)
    given, mark = request.POST or request.GET, read_mark(request)
    window = given.get("window", "")
    window = window if window in WINDOWS else "24h"
    until = scopes.read_moment(given.get("until"), mark)
    since = scopes.read_moment(given.get("since"), until - timedelta(hours=WINDOWS[window]))
    fields = {"window": window, "since": since.isoformat(), "until": until.isoformat()}
    scope = groups.scope_of(fingerprint, group, since, until, mark)
    return answer(request, "requeue", scope, fields, window=window, windows=WINDOWS)


def found(fingerprint: str, now: datetime, with_payload: bool) -> Group:
    group = sought(fingerprint, now, with_payload)
    if group is None:
        raise Http404(_("No task of this group is failed any more: all were requeued or removed."))
    return group


def sought(fingerprint: str, now: datetime, with_payload: bool) -> Group | None:
    """Return the group, None when no task of it is failed any more; Http404 for what names no group."""
    with deadline():
        group = read_group(fingerprint, now, with_payload=with_payload)
    if group is None and not GROUP.fullmatch(fingerprint):
        raise Http404(_("There is no such group of failures."))
    return group
