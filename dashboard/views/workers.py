from __future__ import annotations

from django.db.models import Max
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from dashboard.access import operator
from dashboard.htmx import page_path, render
from dashboard.selectors.workers import fleet
from dashboard.tags import tag_of
from django_simple_queue.models import Worker

AGE_SECONDS = 5


@operator()
def workers(request: HttpRequest) -> HttpResponseBase:
    """Show the fleet."""
    now = timezone.now()
    beat = Worker.objects.aggregate(latest=Max("heartbeat"))["latest"]
    tag = tag_of(page_path(request), request.user.pk, beat, int(now.timestamp()) // AGE_SECONDS)
    return render(request, "workers", lambda: {"fleet": fleet(now), "now": now}, tag=tag)
