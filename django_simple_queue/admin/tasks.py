from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _

from django_simple_queue import conf, payload
from django_simple_queue.admin import verbs
from django_simple_queue.admin.columns import TaskColumns, console_url, enqueue_url, status_url
from django_simple_queue.admin.readonly import ReadOnlyAdmin
from django_simple_queue.models import QueuePause, Task, Worker
from django_simple_queue.models.audit import MAX_ROWS
from django_simple_queue.models.task import TaskQuerySet
from django_simple_queue.text import UNSTORABLE

APP = "django_simple_queue"
INDEX = "django_simple_queue/admin_index.html"
ENDED = (Task.COMPLETED, Task.FAILED, Task.CANCELLED)
CALL = (
    "task",
    "status_page_link",
    "queue",
    "priority",
    "attempts",
    "timeout",
    "created_by",
    "shown_key",
    "parent",
)
TIMES = ("created", "run_after", "started", "finished", "modified", "cancel_requested")
PROCESS = ("worker", "worker_pid", "release", "epoch", "progress", "shown_message", "error_class")


class QueueFilter(admin.SimpleListFilter):
    """Offers the queues that the settings, the workers and the pauses name; the task table is not asked."""

    title = _("Queue")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        options = (conf.get_task_options(path).queue for path in conf.get_allowed_tasks() or ())
        served = ",".join(Worker.objects.at_work().values_list("queues", flat=True)).split(",")
        paused = QueuePause.objects.values_list("queue", flat=True)
        names = {"default", *options, *map(str.strip, served), *paused, request.GET.get("queue", "")}
        return [(name, name) for name in sorted(names - {""})]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> QuerySet[Task]:
        value = self.value()
        if value and UNSTORABLE.search(value):
            return queryset.none()
        return queryset.filter(queue=value) if value else queryset


@admin.register(Task)
class TaskAdmin(TaskColumns, ReadOnlyAdmin):
    """Tasks, to look at, requeue and cancel; only what has ended can be deleted."""

    list_display = ("task", "status_page_link", "queue", "attempts", "created", "finished", "id")
    list_display_links = ("task", "id")
    list_per_page = 50
    list_filter = ("status", QueueFilter, "created")
    lookups = ("status", "queue", "created")
    ordering = ("-created", "-id")
    sortable_by = ("created",)
    search_fields = ("id", "task")
    search_help_text = _("A task's id, its whole path, or a part of the path of an allowed task.")
    actions = ("enqueue_tasks", "cancel_tasks", "delete_selected")

    change_list_template = "django_simple_queue/admin_tasks.html"

    class Media:
        css = {"all": ("django_simple_queue/admin.css",)}

    def __init__(self, model: type[Task], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        admin_site.index_template = admin_site.index_template or INDEX

    @admin.action(description=_("Requeue selected tasks"), permissions=("requeue",))
    def enqueue_tasks(self, request: HttpRequest, queryset: TaskQuerySet) -> None:
        """Requeue the selected tasks that failed or were cancelled; no other task is touched."""
        verbs.apply("requeue", queryset, request, self.message_user)

    @admin.action(description=_("Cancel selected tasks"), permissions=("cancel",))
    def cancel_tasks(self, request: HttpRequest, queryset: TaskQuerySet) -> None:
        """Cancel the selected tasks that wait, and ask those that run to end."""
        verbs.apply("cancel", queryset, request, self.message_user)

    @admin.action(description=_("Delete selected tasks that have ended"), permissions=("delete",))
    def delete_selected(self, request: HttpRequest, queryset: TaskQuerySet) -> HttpResponse | None:
        verbs.tell_of_kept("delete", queryset, request, self.message_user)
        ended = self.deletable(request, queryset)
        found = ended.order_by()[: MAX_ROWS + 1].count()
        if 0 < found <= MAX_ROWS:
            return delete_selected(self, request, ended)
        problem = verbs.too_many() if found else _("Nothing was deleted: none of the selected tasks has ended.")
        self.message_user(request, problem, messages.ERROR)
        return None

    def has_requeue_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"{APP}.requeue_task")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"{APP}.cancel_task")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        deletable = obj is None or self.deletable(request, Task.objects.filter(pk=obj.pk)).exists()
        return deletable and request.user.has_perm(f"{APP}.delete_task")

    def deletable(self, request: HttpRequest, queryset: QuerySet[Task]) -> QuerySet[Task]:
        """Return what has ended, and is not another's to change by the options of its task."""
        return queryset.filter(status__in=ENDED).exclude(verbs.kept_from(request.user, "delete"))

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Tasks are added by the console's form, which knows what may run with which arguments."""
        return bool(enqueue_url()) and request.user.has_perm(f"{APP}.add_task")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(enqueue_url())

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, ...]:
        tasks = [f"{task.task} ({task.pk})" for task in objs]
        return tasks, {str(Task._meta.verbose_name_plural): len(tasks)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Task) -> None:
        self.delete_queryset(request, Task.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        """Delete what may still be at this moment: a task may have been requeued since the page was shown."""
        self.deletable(request, queryset).delete()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Task]:
        return super().get_queryset(request).defer(*payload.COLUMNS, "frames", "positional")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Task | None:
        pk = as_uuid(object_id)
        return None if pk is None else payload.windowed(self.get_queryset(request)).filter(pk=pk).first()

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Search what an index finds: an id, a whole path, or parts of paths that the allowlist knows."""
        term = search_term.strip()
        paths = [path for path in conf.get_allowed_tasks() or () if term.lower() in path.lower()]
        found = Q(pk=as_uuid(term)) if as_uuid(term) else Q(task__in=[term, *paths])
        return queryset.filter(found) if term else queryset, False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        readable = request.user.has_perm(payload.VIEW_PAYLOAD)
        texts = [f"shown_{name}" for name in payload.COLUMNS] if readable else ["payload_hidden"]
        return [
            (None, {"fields": CALL}),
            (_("What it carried and left behind"), {"fields": texts}),
            (_("Times"), {"fields": TIMES}),
            (_("Run"), {"fields": (*PROCESS, "attempts_link")}),
        ]

    def view_on_site(self, obj: Task) -> str | None:
        """Lead to the console's page of the task, else to its status page."""
        return console_url(obj) or status_url(obj) or None


def as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
