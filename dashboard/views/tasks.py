"""The list of tasks, with the numbers and the sentences above it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from dashboard import filters, periods, tokens
from dashboard.access import may, operator
from dashboard.htmx import render, with_query
from dashboard.selectors import counts, health, live, snapshot
from dashboard.selectors import tasks as selector
from dashboard.selectors.rows import Viewer
from django_simple_queue import conf
from django_simple_queue.models import Task

PAGING = ("older", "newer", "top", "live")


@operator()
def tasks(request: HttpRequest) -> HttpResponseBase:
    spread = tokens.spread(request.GET)
    if spread is not None:
        return redirect(f"{request.path}?{spread.urlencode()}")
    pk = tokens.pasted_id(request.GET)
    if pk and Task.objects.filter(pk=pk).exists():
        return redirect("simple_queue_dashboard:task", pk)
    picture = snapshot.current()
    return render(request, "tasks", lambda: context(request, picture), tag=live.tag(request, picture))


def context(request: HttpRequest, picture: snapshot.Snapshot) -> dict[str, Any]:
    chosen = filters.read(request.GET)
    place = selector.read_place(request.GET)
    page = selector.find(chosen, place, viewer(request), picture)
    numbers = counts.count(chosen, page, picture)
    return {
        "filters": chosen,
        "page": page,
        "tabs": [tab(request, slug, numbers.words(slug), chosen.tab, picture) for slug in filters.TABS],
        "tiles": health.tiles(picture),
        "sentences": health.attention(picture),
        "task_names": sorted({*(conf.get_allowed_tasks() or ()), *filter(None, [chosen.value("task")])}),
        "queue_names": queue_names(chosen, picture),
        "periods": periods.LABELS,
        "chips": [(label, value, without(request, name)) for name, label, value in chosen.chips()],
        "total": numbers.tabs[chosen.tab],
        "new": numbers.new,
        "sizes": selector.SIZES,
        "links": links(request, page),
        "without_text": without(request, "q"),
        "live_url": with_query(request, live="1", top=str(page.top) if page.top else None),
    }


def viewer(request: HttpRequest) -> Viewer:
    return Viewer(
        str(request.user.pk),
        may(request, "view_task_payload"),
        may(request, "requeue_task"),
        may(request, "cancel_task"),
    )


def tab(request: HttpRequest, slug: str, count: str, current: str, picture: snapshot.Snapshot) -> dict[str, object]:
    return {
        "slug": slug or "all",
        "label": filters.TABS[slug],
        "count": count,
        "url": link(request, status=slug or None),
        "current": slug == current,
        "hot": slug == "failed" and health.fails_too_often(picture),
    }


def queue_names(chosen: filters.TaskFilter, picture: snapshot.Snapshot) -> list[str]:
    """Return the queues that are known without asking the big table: from the allowlist, the workers, the filter."""
    declared = {conf.get_task_options(path).queue for path in conf.get_allowed_tasks() or ()}
    served = {name.strip() for worker in picture.fleet.workers.values() for name in worker.queues.split(",")}
    return sorted({"default", *declared, *served, str(chosen.value("queue"))} - {""})


def links(request: HttpRequest, page: selector.Page) -> dict[str, str]:
    """Return the links to the pages beside this one, "" where there is none."""
    onward = page.reach.cursor if page.reach else page.older
    return {
        "first": link(request),
        "older": link(request, older=str(onward)) if onward else "",
        "newer": link(request, newer=str(page.newer)) if page.newer else "",
    }


def without(request: HttpRequest, name: str) -> str:
    return link(request, **{name: None})


def link(request: HttpRequest, **changes: str | None) -> str:
    """Return the address of this list with other filters, on its first page."""
    return with_query(request, **{**dict.fromkeys(PAGING), **changes})
