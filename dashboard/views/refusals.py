"""What a project names in its own settings and URLs so that these answers too come in the console's look."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase

from dashboard import errors
from dashboard.access import public


@public
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """For CSRF_FAILURE_VIEW: say that the form is too old."""
    return errors.forbidden(request, "token")


@public
def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """For handler404: say that nothing is at this address."""
    return errors.not_found(request, "")
