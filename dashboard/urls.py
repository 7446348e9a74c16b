from __future__ import annotations

from django.urls import path

from dashboard.views import session, tasks

app_name = "simple_queue_dashboard"
urlpatterns = [
    path("", tasks.tasks, name="tasks"),
    path("login/", session.login, name="login"),
    path("logout/", session.logout, name="logout"),
    path("theme/", session.theme, name="theme"),
]
