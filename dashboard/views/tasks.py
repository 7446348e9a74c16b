from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase

from dashboard.access import operator
from dashboard.htmx import render


@operator()
def tasks(request: HttpRequest) -> HttpResponseBase:
    return render(request, "tasks", {})
