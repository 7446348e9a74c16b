"""Every route of the console, who may use it and how, and a queue in which each has something to show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from dashboard import urls
from django_simple_queue.models import OperatorAction, Task

READ, WRITE = ("GET", "HEAD"), ("POST",)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
HTMX = {"HX-Request": "true"}
WAYS: dict[str, dict[str, str]] = {"plain": {}, "htmx": HTMX}


@dataclass(frozen=True)
class Route:
    """Beside view_task exactly ``permission`` ("" for none) opens it, by one of ``methods``; None: open to anybody."""

    permission: str | None
    methods: tuple[str, ...] = READ


ROUTES = {
    "tasks": Route(""),
    "tasks_requeue": Route("requeue_task", WRITE),
    "tasks_cancel": Route("cancel_task", WRITE),
    "tasks_matching": Route("requeue_task", WRITE),
    "export": Route("export_task", (*READ, *WRITE)),
    "action": Route("view_operatoraction"),
    "action_abort": Route("requeue_task", WRITE),
    "task": Route(""),
    "task_text": Route("view_task_payload"),
    "task_run_again": Route("add_task", WRITE),
    "task_requeue": Route("requeue_task", WRITE),
    "task_cancel": Route("cancel_task", WRITE),
    "task_undo": Route("requeue_task", WRITE),
    "task_start_now": Route("requeue_task", WRITE),
    "task_mark_failed": Route("cancel_task", WRITE),
    "enqueue": Route("add_task", (*READ, *WRITE)),
    "failures": Route(""),
    "failures_summary": Route(""),
    "failure": Route(""),
    "failure_summary": Route(""),
    "failure_requeue": Route("requeue_task", (*READ, *WRITE)),
    "failure_resolve": Route("change_failuregroup", WRITE),
    "failure_ignore": Route("change_failuregroup", WRITE),
    "failure_reopen": Route("change_failuregroup", WRITE),
    "workers": Route(""),
    "named": Route(""),
    "queue": Route(""),
    "worker_pause": Route("change_worker", (*READ, *WRITE)),
    "worker_drain": Route("change_worker", (*READ, *WRITE)),
    "worker_resume": Route("change_worker", WRITE),
    "queue_pause": Route("change_worker", (*READ, *WRITE)),
    "queue_resume": Route("change_worker", WRITE),
    "activity": Route("view_operatoraction"),
    "action_undo": Route("requeue_task", WRITE),
    "login": Route(None, (*READ, *WRITE, "PUT", "OPTIONS")),
    "logout": Route(None, tuple(method for method in METHODS if method not in READ)),
    "theme": Route("", WRITE),
    "suggestions": Route(""),
    "preferences": Route("", (*READ, *WRITE)),
}
CODENAMES = sorted({route.permission for route in ROUTES.values() if route.permission} | {"change_task", "delete_task"})


@dataclass
class Scene:
    task: Task
    action: OperatorAction

    def address(self, name: str) -> str:
        pattern = next(pattern for pattern in urls.urlpatterns if pattern.name == name).pattern
        values = {key: self.value(type(converter).__name__, key) for key, converter in pattern.converters.items()}
        return reverse(f"simple_queue_dashboard:{name}", kwargs=values)

    def value(self, converter: str, key: str) -> Any:
        if converter == "UUIDConverter":
            return self.task.pk
        if converter == "AnyText":
            return getattr(self.task, {"path": "task", "name": "queue"}[key])
        texts = {"name": "output", "verb": "requeue", "fingerprint": "f00d"}
        return self.action.pk if converter == "IntConverter" else texts[key]
