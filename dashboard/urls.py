from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from dashboard.views import (
    actions,
    activity,
    enqueue,
    export,
    failures,
    matching,
    places,
    preferences,
    session,
    task,
    tasks,
    workers,
)


class AnyText(StringConverter):
    """Whatever somebody called a task or a queue, slashes and line ends too."""

    regex = r"[\s\S]+"


register_converter(AnyText, "anytext")
app_name = "simple_queue_dashboard"
urlpatterns = [
    path("", tasks.tasks, name="tasks"),
    path("tasks/suggestions/", tasks.suggestions, name="suggestions"),
    path("tasks/requeue/", matching.tasks_requeue, name="tasks_requeue"),
    path("tasks/cancel/", matching.tasks_cancel, name="tasks_cancel"),
    path("tasks/matching/<str:verb>/", matching.tasks_matching, name="tasks_matching"),
    path("tasks/<uuid:pk>/", task.task, name="task"),
    path("tasks/named/<anytext:path>/", places.named, name="named"),
    path("queues/named/<anytext:name>/", places.queue, name="queue"),
    path("tasks/<uuid:pk>/text/<str:name>/", task.task_text, name="task_text"),
    path("tasks/<uuid:pk>/run-again/", actions.task_run_again, name="task_run_again"),
    path("tasks/<uuid:pk>/requeue/", actions.task_requeue, name="task_requeue"),
    path("tasks/<uuid:pk>/cancel/", actions.task_cancel, name="task_cancel"),
    path("tasks/<uuid:pk>/undo/", actions.task_undo, name="task_undo"),
    path("tasks/<uuid:pk>/start-now/", actions.task_start_now, name="task_start_now"),
    path("tasks/<uuid:pk>/mark-failed/", actions.task_mark_failed, name="task_mark_failed"),
    path("enqueue/", enqueue.enqueue, name="enqueue"),
    path("failures/", failures.failures, name="failures"),
    path("failures/summary/", failures.failures_summary, name="failures_summary"),
    path("failures/<str:fingerprint>/", failures.failure, name="failure"),
    path("failures/<str:fingerprint>/summary/", failures.failure_summary, name="failure_summary"),
    path("failures/<str:fingerprint>/requeue/", failures.failure_requeue, name="failure_requeue"),
    path("failures/<str:fingerprint>/resolve/", failures.failure_resolve, name="failure_resolve"),
    path("failures/<str:fingerprint>/ignore/", failures.failure_ignore, name="failure_ignore"),
    path("failures/<str:fingerprint>/reopen/", failures.failure_reopen, name="failure_reopen"),
    path("workers/", workers.workers, name="workers"),
    path("workers/<uuid:pk>/pause/", workers.worker_pause, name="worker_pause"),
    path("workers/<uuid:pk>/resume/", workers.worker_resume, name="worker_resume"),
    path("workers/<uuid:pk>/drain/", workers.worker_drain, name="worker_drain"),
    path("workers/queues/pause/", workers.queue_pause, name="queue_pause"),
    path("workers/queues/resume/", workers.queue_resume, name="queue_resume"),
    path("activity/", activity.activity, name="activity"),
    path("activity/<int:pk>/", activity.action, name="action"),
    path("activity/<int:pk>/abort/", activity.action_abort, name="action_abort"),
    path("activity/<int:pk>/undo/", actions.action_undo, name="action_undo"),
    path("export/", export.export, name="export"),
    path("login/", session.login, name="login"),
    path("logout/", session.logout, name="logout"),
    path("theme/", preferences.theme, name="theme"),
    path("preferences/", preferences.preferences, name="preferences"),
]
