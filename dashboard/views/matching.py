"""Acting on all tasks that match: what it would do is said first, then it is done, at once or by the workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.signing import BadSignature, TimestampSigner
from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from dashboard import actions, filters, many, preflight, scopes
from dashboard import ticked as ticks
from dashboard.access import may, operator, require, safe_next
from dashboard.htmx import leave_for, render_dialog
from dashboard.scopes import Scope
from dashboard.views.actions import act_or_ask, tell, whole_number
from django_simple_queue.models import Worker
from django_simple_queue.models.audit.scope import CannotFreeze
from django_simple_queue.models.audit.terms import Terms

VERBS = ("requeue", "cancel")
SAME_COUNT = {"requeue": ("failed", "cancelled"), "cancel": ("queued", "scheduled", "retrying", "progress")}
FOUND_KEPT = timedelta(hours=1)
Fields = Mapping[str, str]


@operator(methods=("POST",))
def tasks_matching(request: HttpRequest, verb: str) -> HttpResponseBase:
    """Do ``verb`` to all tasks that the list's filters match.

    A POST carries the list's query (in its own, or as the field ``query``), ``mark``, the moment of the database's
    clock at which the list was shown, and ``count``, how many tasks it said there were.
    """
    if verb not in VERBS:
        raise Http404(_("There is no action %s over all tasks that match.") % verb)
    require(request, actions.PERMISSIONS[verb])
    query = QueryDict(request.POST.get("query") or request.GET.urlencode())
    chosen = filters.read(query)
    if problems := chosen.problems():
        return tell(request, _("%s Nothing done.") % " ".join(problems))
    try:
        scope = read_scope(request, verb, chosen, query)
    except CannotFreeze as error:
        return tell(request, _("These filters cannot be frozen: %s Tick the tasks instead. Nothing done.") % error)
    except BadSignature:
        return tell(request, _("This question is over an hour old, or not what was asked: search again. Nothing done."))
    count = whole_number(request.POST.get("count")) if chosen.tab in SAME_COUNT[verb] else None
    found = sign_found(request, verb, query, scope) if scope.ids else ""
    return answer(request, verb, scope, {"query": scope.query or query.urlencode(), "found": found}, count)


def ticked(verb: str) -> Callable[..., HttpResponseBase]:
    """Return the view for ticked rows: as for all that match, but at once where nothing is to be asked."""

    @operator(actions.PERMISSIONS[verb], methods=("POST",))
    def view(request: HttpRequest) -> HttpResponseBase:
        now = scopes.mark()
        rows = ticks.read(request.POST, scopes.read_moment(request.POST.get("mark"), now), now)
        if not rows:
            return tell(request, _("No task is ticked. Nothing done."))
        scope = ticks.freeze(rows, verb, now, Terms.held_by(request.user))
        if len(rows) == 1 and not scope.left.get("gone"):
            return act_or_ask(request, verb, *next(iter(rows.items())))
        return answer(request, verb, scope, {"ticked": ticks.tokens(rows)}, one_click=True)

    return view


tasks_requeue = ticked("requeue")
tasks_cancel = ticked("cancel")


def answer(
    request: HttpRequest,
    verb: str,
    scope: Scope,
    fields: Fields,
    count: int | None = None,
    *,
    one_click: bool = False,
    **more: Any,
) -> HttpResponseBase:
    """Say what ``verb`` would do to the scope, or, when that is confirmed, do it.

    ``fields`` are what the form must carry so that the same request, confirmed, makes the same scope; ``mark`` and
    ``expected`` are added here. ``count`` is how many tasks the page showed that ``verb`` may be done to, if it said,
    and ``more`` is what else the question offers. ``one_click``: when there is nothing to ask, it is done.
    """
    shown = whole_number(request.POST.get("expected")) or count
    if request.POST.get("confirm") == "yes":
        return carry_out(request, verb, scope, shown, repeat=request.POST.get("repeat") != "no")
    checked = preflight.check(scope, verb, request.user, shown)
    if one_click and checked.asks_nothing:
        return carry_out(request, verb, scope, shown, repeat=False)
    expected = "" if checked.total is None else str(max(checked.total + sum(scope.left.values()), shown or 0))
    carried = {**fields, "mark": scope.mark.isoformat(), "expected": expected, "next": safe_next(request)}
    context = {
        "checked": checked,
        "action": request.path,
        "fields": [(name, value) for name, value in carried.items() if value],
        "next": carried["next"],
        "nobody_works": checked.goes_on and not Worker.objects.at_work().exists(),
        **more,
    }
    return render_dialog(request, "preflight", context)


def carry_out(request: HttpRequest, verb: str, scope: Scope, shown: int | None, repeat: bool) -> HttpResponseBase:
    reason = request.POST.get("reason", "")[:500]
    result = many.run(scope, verb, request.user, repeat=repeat, reason=reason, shown=shown)
    if result.goes_on and result.action and may(request, "view_operatoraction"):
        url = reverse("simple_queue_dashboard:action", args=[result.action.pk])
        return leave_for(request, url)
    done = bool(result.moved or result.goes_on)
    return tell(request, result.sentence, done=done, offer=result.undo_offer)


def read_scope(request: HttpRequest, verb: str, chosen: filters.TaskFilter, query: QueryDict) -> Scope:
    """Return what the question was about that is answered here, else what the filters match.

    Raises BadSignature when that is too long ago, or the question was another one.
    """
    as_of, found = read_mark(request), request.POST.get("found")
    if not found:
        return scopes.freeze(chosen, as_of, may(request, "view_task_payload"))
    ids = signer(request, verb, query, as_of).unsign(found, max_age=FOUND_KEPT).split()
    return scopes.freeze_ids(map(UUID, ids), as_of, scopes.in_words(chosen))


def sign_found(request: HttpRequest, verb: str, query: QueryDict, scope: Scope) -> str:
    return signer(request, verb, query, scope.mark).sign(" ".join(each.hex for each in scope.ids))


def signer(request: HttpRequest, verb: str, query: QueryDict, as_of: datetime) -> TimestampSigner:
    """What a search found is told by the query alone, in Activity too: nothing else may be put in its place."""
    question = f"{request.user.pk}:{verb}:{as_of.isoformat()}:{query.urlencode()}"
    return TimestampSigner(salt=f"simple_queue_dashboard.found:{question}")


def read_mark(request: HttpRequest) -> datetime:
    """Return the moment that the page was shown at, never one to come."""
    return scopes.read_moment(request.POST.get("mark"), scopes.mark())
