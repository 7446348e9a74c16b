"""What the admin shows of a task besides its plain columns."""

from __future__ import annotations

from uuid import UUID

from django.contrib import admin
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from django_simple_queue import payload
from django_simple_queue.admin.readonly import boxed
from django_simple_queue.models import Task


class TaskColumns:
    """Columns and fields of TaskAdmin; the texts need a task that ``payload.windowed`` has read."""

    @admin.display(description=gettext_lazy("Status"), ordering="status")
    def status_page_link(self, task: Task) -> SafeString:
        reason = task.error_class.rpartition(".")[2] if task.status == Task.FAILED else ""
        badge = format_html('<b class="queue-status is-{}">{}</b>', task.status, task.get_status_display())
        linked = format_html('<a href="{}">{}</a>', url, badge) if (url := status_url(task)) else badge
        return format_html("{} <small>{}</small>", linked, reason) if reason else linked

    @admin.display(description=gettext_lazy("Attempt"))
    def attempts(self, task: Task) -> str:
        return _("%(n)d of %(max)d") % {"n": task.attempt, "max": task.max_attempts} if task.attempt else "-"

    @admin.display(description=gettext_lazy("Attempts that failed"))
    def attempts_link(self, task: Task) -> SafeString:
        url = reverse("admin:django_simple_queue_attempt_changelist")
        return format_html('<a href="{}?task__id__exact={}">{}</a>', url, task.pk, _("Show them"))

    @admin.display(description=gettext_lazy("Error"))
    def shown_error(self, task: Task) -> str:
        return part(task, "error")

    @admin.display(description=gettext_lazy("Arguments"))
    def shown_args(self, task: Task) -> str:
        return part(task, "args")

    @admin.display(description=gettext_lazy("Output"))
    def shown_output(self, task: Task) -> str:
        return part(task, "output")

    @admin.display(description=gettext_lazy("Log"))
    def shown_log(self, task: Task) -> str:
        return part(task, "log")

    @admin.display(description=gettext_lazy("Progress message"))
    def shown_message(self, task: Task) -> str:
        return payload.progress_message(task)

    @admin.display(description=gettext_lazy("Idempotency key"))
    def shown_key(self, task: Task) -> str:
        return payload.shown_key(task) or "-"

    @admin.display(description=gettext_lazy("Arguments, output, error, log"))
    def payload_hidden(self, task: Task) -> str:
        return _("They are shown to users with the permission %s.") % payload.VIEW_PAYLOAD


def part(task: Task, name: str) -> str:
    shown = next((part for part in payload.parts(task) if part.name == name), None)
    return boxed(shown.text, shown.remark) if shown else "-"


def status_url(task: Task) -> str:
    path = url_of("django_simple_queue:task")
    return f"{path}?task_id={task.pk}" if path else ""


def console_url(task: Task) -> str:
    return url_of("simple_queue_dashboard:task", task.pk)


def enqueue_url() -> str:
    return url_of("simple_queue_dashboard:enqueue")


def url_of(name: str, *args: UUID) -> str:
    """Return the address, "" when the project does not have that page."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
