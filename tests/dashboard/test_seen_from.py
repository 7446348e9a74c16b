"""Who changes the time zone or the language in one tab sees it in every other one with its next poll."""

from __future__ import annotations

import pytest
from django.utils import translation

from django_simple_queue.models import Task
from tests.dashboard.queue import SEND, a_task
from tests.dashboard.routes import HTMX

pytestmark = pytest.mark.django_db
PAGES = (
    "/",
    "/tasks/{task}/",
    "/tasks/named/{name}/",
    "/queues/named/default/",
    "/failures/",
    "/workers/",
    "/activity/",
)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(("zone", "language"), [("Asia/Kolkata", "en"), ("", "de")])
def test_another_time_zone_or_language_is_news_on_every_page(ada, page, zone, language):
    url = page.format(task=a_task(Task.FAILED).pk, name=SEND)
    seen = {**HTMX, "HX-PTag": ada.get(url)["HX-PTag"]}
    assert ada.get(f"{url}?live=1", headers=seen).status_code == 304
    ada.cookies.load({"simple_queue_dashboard_zone": zone})
    with translation.override(language):
        assert ada.get(f"{url}?live=1", headers=seen).status_code == 200
