"""Page or fragment: one view answers both, and a poll that would change nothing is answered with 304."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.encoding import escape_uri_path
from django.utils.translation import get_language
from django_htmx.http import HttpResponseClientRedirect

from dashboard import shared
from dashboard.pauses import with_pauses
from dashboard.rendering import rendered
from dashboard.tags import tag_of

FOLDER = "simple_queue_dashboard"
Context = Callable[[], Mapping[str, Any]]


def page(request: HttpRequest, name: str, context: Mapping[str, Any], status: int = 200) -> HttpResponse:
    """Answer with ``<name>.html``, a page that is read once."""
    return HttpResponse(rendered(f"{FOLDER}/{name}.html", context, request), status=status)


def live_page(
    request: HttpRequest, name: str, context: Context, tag: str, *, same_for_all: bool = False
) -> HttpResponseBase:
    """Answer with ``<name>.html``, or for ``?live=1`` with its live region, ``_<name>_live.html``.

    When ``tag`` is what the region shows already, in this language and time zone, the answer is 304, and ``context``
    is not called.
    ``same_for_all`` says that whoever gets this ``tag`` sees the same region: a poll may get what another one got.
    """
    with_all = tag_of(with_pauses(tag, request), get_language(), timezone.get_current_timezone_name())
    if is_shown_already(request, with_all):
        return HttpResponseNotModified()

    def values() -> Mapping[str, Any]:
        region = f"{FOLDER}/_{name}_live.html"
        return {"live_url": live_path(request), "live_tag": with_all, "live_region": region, **context()}

    if same_for_all and is_live(request) and not len(get_messages(request)):
        response = HttpResponse(shared.region(request, with_all, f"{FOLDER}/_live.html", values))
    else:
        response = page(request, "_live" if is_live(request) else name, values())
    response["HX-PTag"] = with_all
    return response


def fragment(request: HttpRequest, name: str, context: Mapping[str, Any]) -> HttpResponse:
    """Answer with ``_<name>.html``, a part of a page that some script puts in its place."""
    return page(request, f"_{name}", context)


def render_dialog(request: HttpRequest, name: str, context: Mapping[str, Any]) -> HttpResponse:
    """Answer with ``<name>.html``, or for a fragment with ``_<name>.html`` inside the page's dialog."""
    if not is_fragment(request):
        return page(request, name, context)
    return retarget(fragment(request, name, context), "#dialog")


def is_shown_already(request: HttpRequest, tag: str) -> bool:
    """Tell whether a poll would change nothing; a message that waits to be shown is a change."""
    return is_live(request) and request.headers.get("HX-PTag") == tag and not len(get_messages(request))


def is_live(request: HttpRequest) -> bool:
    return request.GET.get("live") == "1"


def is_fragment(request: HttpRequest) -> bool:
    """Tell whether the answer goes into a part of a page that is open already."""
    return is_live(request) or request.headers.get("HX-Request") == "true"


def page_path(request: HttpRequest) -> str:
    """Return the path and query of the page itself, whether it was asked for whole or for its live region."""
    return with_query(request, live=None)


def live_path(request: HttpRequest) -> str:
    return with_query(request, live="1")


def with_query(request: HttpRequest, **changes: str | None) -> str:
    """Return the request's path with its query changed; None takes a parameter out."""
    kept = {name: values for name, values in request.GET.lists() if name not in changes}
    query = urlencode({**kept, **{name: [value] for name, value in changes.items() if value is not None}}, doseq=True)
    path = escape_uri_path(request.path)
    return f"{path}?{query}" if query else path


def current_path(request: HttpRequest) -> str:
    """Return the path of the page that the operator sees: for a fragment the one it belongs to."""
    if not is_fragment(request):
        return request.get_full_path()
    shown = urlsplit(request.headers.get("HX-Current-URL", ""))
    same_site = shown.netloc == request.get_host()
    return f"{shown.path}?{shown.query}".rstrip("?") if same_site else page_path(request)


def go_to(request: HttpRequest, url: str) -> HttpResponseBase:
    """Redirect to a page of the console; a fragment is led to the page's live region."""
    if not is_fragment(request):
        return redirect(url)
    return redirect(f"{url}{'&' if '?' in url else '?'}{urlencode({'live': 1})}")


def leave_for(request: HttpRequest, url: str) -> HttpResponseBase:
    """Redirect the whole page to ``url``, also from a fragment of it."""
    return HttpResponseClientRedirect(url) if is_fragment(request) else redirect(url)


def retarget(response: HttpResponse, selector: str, swap: str = "innerHTML") -> HttpResponse:
    """Put a fragment into ``selector`` instead of the place that asked for it."""
    response["HX-Retarget"] = selector
    response["HX-Reswap"] = swap
    return response
