"""Attempts, workers and operators' actions: looked at, never written."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from django_simple_queue import payload
from django_simple_queue.admin.readonly import ReadOnlyAdmin, boxed
from django_simple_queue.models import Attempt, OperatorAction, Worker


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    """Runs that did not complete; their error and log only for those who may see payload."""

    list_display = ("task_id", "round", "attempt", "outcome", "error_class", "started", "finished")
    list_filter = ("outcome",)
    lookups = ("outcome", "task__id")
    facts = ("task_id", "round", "attempt", "epoch", "outcome", "error_class", "started", "finished")
    process = ("worker", "worker_pid")

    class Media:
        css = {"all": ("django_simple_queue/admin.css",)}

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("error", "log")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        texts = ("shown_error", "shown_log") if request.user.has_perm(payload.VIEW_PAYLOAD) else ()
        return (*self.facts, *self.process, *texts)

    @admin.display(description=_("Error"))
    def shown_error(self, attempt: Attempt) -> str:
        return boxed(payload.attempt_error(attempt))

    @admin.display(description=_("Log"))
    def shown_log(self, attempt: Attempt) -> str:
        return boxed(payload.attempt_log(attempt))


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    """The boots of ``manage.py task_worker``."""

    list_display = ("__str__", "state", "queues", "slots", "started", "heartbeat", "lease_until", "release")
    list_filter = ("state",)
    lookups = ("state",)


@admin.register(OperatorAction)
class OperatorActionAdmin(ReadOnlyAdmin):
    """Who did what, when, to how many tasks."""

    permission = "django_simple_queue.view_operatoraction"
    list_display = ("created", "actor", "verb", "scope", "outcomes", "state", "undone")
    list_filter = ("verb", "state")
    lookups = ("verb", "state")
    ordering = ("-created", "-id")
