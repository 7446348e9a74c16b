"""The console's own pages for what goes wrong: no access, not found, no database."""

from __future__ import annotations

import logging

from django.contrib.auth.models import Permission
from django.http import HttpRequest, HttpResponse

from dashboard.htmx import is_fragment, page, retarget
from django_simple_queue.models.complaints import is_not_migrated

logger = logging.getLogger("dashboard")
RETRY_SECONDS = 5
NEEDED_BY_EVERY_PAGE = ("staff", "django_simple_queue.view_task")


def forbidden(request: HttpRequest, missing: str) -> HttpResponse:
    """403 that names the permission, or "staff", or "token" for a form without a valid CSRF token."""
    locked_out = missing in NEEDED_BY_EVERY_PAGE
    return respond(request, 403, {"missing": missing, "named": named(missing), "locked_out": locked_out})


def named(permission: str) -> str:
    """Return what Django's admin calls the permission "app.codename", "" when there is none."""
    app, _, codename = permission.partition(".")
    found = Permission.objects.filter(content_type__app_label=app, codename=codename)
    return found.values_list("name", flat=True).first() or ""


def signed_out(request: HttpRequest, typed: str) -> HttpResponse:
    """403 that is the login page, which keeps what was ``typed``."""
    return page(request, "login", {"typed": typed, "next": request.get_full_path()}, status=403)


def not_found(request: HttpRequest, reason: str) -> HttpResponse:
    return respond(request, 404, {"reason": reason})


def unavailable(request: HttpRequest, error: Exception) -> HttpResponse:
    """503 that says so and tries again by itself."""
    logger.error("%s %s: %s", request.method, request.path, error, exc_info=error)
    unmigrated = is_not_migrated(error)
    response = respond(request, 503, {"retry": RETRY_SECONDS, "unmigrated": unmigrated})
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


def too_slow(request: HttpRequest) -> HttpResponse:
    """503 that says what would be quicker; it is not tried again by itself, and its header tells it from an outage."""
    response = respond(request, 503, {"slow": True})
    response["X-Too-Slow"] = "1"
    return response


def respond(request: HttpRequest, status: int, context: dict[str, object]) -> HttpResponse:
    """A whole page; for a fragment one sentence, put where results are announced: once, however often it is given."""
    if not is_fragment(request):
        return page(request, str(status), context, status)
    sentence = page(request, "_problem", {**context, "status": status}, status)
    sentence["HX-Reselect"] = "[data-toast]"
    return retarget(sentence, "#outcome", "innerMorph")
