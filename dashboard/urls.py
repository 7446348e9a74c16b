from __future__ import annotations

from django.urls import path

from dashboard.views import actions, session, tasks

app_name = "simple_queue_dashboard"
urlpatterns = [
    path("", tasks.tasks, name="tasks"),
    path("tasks/requeue/", actions.tasks_requeue, name="tasks_requeue"),
    path("tasks/cancel/", actions.tasks_cancel, name="tasks_cancel"),
    path("tasks/<uuid:pk>/requeue/", actions.task_requeue, name="task_requeue"),
    path("tasks/<uuid:pk>/cancel/", actions.task_cancel, name="task_cancel"),
    path("tasks/<uuid:pk>/undo/", actions.task_undo, name="task_undo"),
    path("tasks/<uuid:pk>/start-now/", actions.task_start_now, name="task_start_now"),
    path("tasks/<uuid:pk>/mark-failed/", actions.task_mark_failed, name="task_mark_failed"),
    path("activity/<int:pk>/undo/", actions.action_undo, name="action_undo"),
    path("login/", session.login, name="login"),
    path("logout/", session.logout, name="logout"),
    path("theme/", session.theme, name="theme"),
]
