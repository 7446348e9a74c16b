"""What Django's admin shows of the queue besides its lists."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from django import template
from django.db import DatabaseError, transaction
from django.template.context import RequestContext
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from django_simple_queue import conf
from django_simple_queue.models import Task, Worker
from django_simple_queue.models.primary import alias
from django_simple_queue.payload import VIEW

register = template.Library()
COUNTED = 10_000
LIST = "admin:django_simple_queue_task_changelist"
CONSOLE = {Task.QUEUED: "queued", Task.PROGRESS: "progress", Task.FAILED: "failed"}


@register.inclusion_tag("django_simple_queue/admin_summary.html", takes_context=True)
def queue_summary(context: RequestContext) -> dict[str, Any]:
    """How many tasks wait, run and failed, each number a link; nothing for users who may not view tasks."""
    user = context["request"].user
    if not conf.get_admin_summary() or not user.has_perm(VIEW):
        return {}
    with suppress(DatabaseError), transaction.atomic(using=alias()):
        return {"numbers": numbers(), "console": console_url(), "workers": Worker.objects.at_work().count()}
    return {}


@register.simple_tag
def console_url() -> str:
    """The console's list of tasks, "" where the project does not have the console."""
    return url_of("simple_queue_dashboard:tasks")


def numbers() -> list[tuple[str, str, str]]:
    labels = {Task.QUEUED: _("Waiting"), Task.PROGRESS: _("Running"), Task.FAILED: _("Failed")}
    return [(label, capped(status), list_of(status)) for status, label in labels.items()]


def capped(status: int) -> str:
    """Return how many tasks have ``status``; counting ends at COUNTED, however many there are."""
    found = Task.objects.filter(status=status).order_by()[: COUNTED + 1].count()
    return str(found) if found <= COUNTED else f"{COUNTED}+"


def list_of(status: int) -> str:
    """Return the address of these tasks in the console, else in the admin."""
    console = console_url()
    if console:
        return f"{console}?{urlencode({'status': CONSOLE[status]})}"
    return f"{url_of(LIST)}?{urlencode({'status__exact': status})}"


def url_of(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
