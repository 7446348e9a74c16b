from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

handler404 = "dashboard.views.refusals.not_found"
urlpatterns = [
    path("admin/", admin.site.urls),
    path("queue/", include("django_simple_queue.urls")),
    path("", include("dashboard.urls")),
]
