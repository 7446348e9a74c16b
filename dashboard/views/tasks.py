"""The list of tasks, with the numbers and the sentences above it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from dashboard import filters, scopes, tokens
from dashboard.access import may, operator
from dashboard.deadline import deadline
from dashboard.htmx import fragment, live_page, with_query
from dashboard.selectors import attention, counts, health, live, marks, snapshot
from dashboard.selectors import tasks as selector
from dashboard.selectors.suggestions import suggest
from dashboard.selectors.viewer import Viewer
from dashboard.views import filter_bar
from dashboard.views.filter_bar import link
from django_simple_queue.models import Task
from django_simple_queue.models.audit.terms import Terms


@operator(limited=False)
def tasks(request: HttpRequest) -> HttpResponseBase:
    spread = tokens.spread(request.GET)
    if spread is not None:
        return redirect(f"{request.path}?{spread.urlencode()}")
    pk = tokens.pasted_id(request.GET)
    if pk and is_there(pk):
        return redirect("simple_queue_dashboard:task", pk)
    picture = snapshot.current()
    who = viewer(request, picture)
    tag = live.shared_tag(request, picture, who, sorted(who.terms.granted))
    return live_page(request, "tasks", lambda: context(request, picture, who), tag, same_for_all=True)


def is_there(pk: UUID) -> bool:
    with deadline():
        return Task.objects.filter(pk=pk).exists()


def context(request: HttpRequest, picture: snapshot.Snapshot, who: Viewer) -> dict[str, Any]:
    chosen, place = filters.read(request.GET), selector.read_place(request.GET)
    page, numbers = counts.look(chosen, place, who, picture)
    return filter_bar.context(request, chosen, picture, page.rows) | {
        "filters": chosen,
        "page": page,
        "tabs": [tab(request, slug, numbers.words(slug), chosen, picture) for slug in filters.TABS],
        "tiles": health.tiles(picture),
        "sentences": attention.attention(picture),
        "left_over": attention.left_over(picture),
        "total": numbers.words(chosen.tab),
        "exact": numbers.exact(chosen.tab),
        "new": numbers.new,
        "more_match": numbers.new or not page.is_whole,
        "most_found": scopes.MOST_FOUND,
        "mark": (picture.mark or scopes.mark()).isoformat(),
        "sizes": selector.SIZES,
        "links": links(request, page),
        "live_url": with_query(request, live="1", top=str(page.top) if page.top else None),
    }


def viewer(request: HttpRequest, picture: snapshot.Snapshot) -> Viewer:
    return Viewer(
        marks.reader(picture.deeds, str(request.user.pk)),
        may(request, "view_task_payload"),
        may(request, "requeue_task"),
        may(request, "cancel_task"),
        may(request, "add_task"),
        bool(marks.lately(picture.deeds)) and may(request, "view_operatoraction"),
        Terms.held_by(request.user),
    )


def tab(
    request: HttpRequest, slug: str, count: str, chosen: filters.TaskFilter, picture: snapshot.Snapshot
) -> dict[str, object]:
    return {
        "slug": slug or "all",
        "label": filters.TABS[slug],
        "count": count,
        "url": link(request, status=slug or None),
        "current": slug == chosen.tab,
        "times": chosen.on_tab(slug).times_in_words if chosen.has_time else "",
        "hot": slug == "failed" and health.fails_too_often(picture),
    }


def links(request: HttpRequest, page: selector.Page) -> dict[str, str]:
    """Return the links to the pages beside this one, "" where there is none."""
    onward = page.reach.cursor if page.reach else page.older
    return {
        "first": link(request),
        "older": link(request, older=str(onward)) if onward else "",
        "newer": link(request, newer=str(page.newer)) if page.newer else "",
    }


@operator()
def suggestions(request: HttpRequest) -> HttpResponseBase:
    """Propose how the last word of the search box may go on."""
    word = tokens.last_word(request.GET.get("q", "")[:200])
    found = suggest(word, request.GET.get("task", ""), may(request, "view_task_payload"), snapshot.current())
    return fragment(request, "suggestions", {"suggestions": found})
