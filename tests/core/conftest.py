from __future__ import annotations

import pytest

from django_simple_queue.models import Task
from tests.core.people import a_user
from tests.core.rows import PATH, a_task
from tests.core.status_page import SECRET


@pytest.fixture
def allowlist(settings):
    """Two tasks; a file that needs others has a fixture of this name."""
    options = {"queue": "mail", "backoff": [60]}
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {PATH: options, "shop.tasks.refund": {}}


@pytest.fixture
def sign_in(client):
    def sign_in(*permissions):
        client.force_login(a_user(*permissions))
        return client

    return sign_in


@pytest.fixture
def task():
    """A failed task whose texts are secret."""
    texts = {"args": f'{{"key": "{SECRET}"}}', "output": SECRET, "error": f"{SECRET}: broken", "log": SECRET}
    return a_task(Task.FAILED, **texts, error_class="shop.Broken")
