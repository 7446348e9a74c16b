from __future__ import annotations

import re
import zipfile
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ENQUEUE = "from django_simple_queue.utils import create_task; print(create_task('shop.tasks.greet', {'name': 'Ada'}))"
LOOK = "from django_simple_queue.models import Task; task = Task.objects.get(); print(task.status, task.output)"


def test_the_wheel_holds_the_two_apps_and_their_files_only(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {
        "django_simple_queue",
        "dashboard",
    }
    assert not [name for name in names if name.startswith("dashboard/project")]
    for needed in ("django_simple_queue/py.typed", "dashboard/static/simple_queue_dashboard/", "dashboard/templates/"):
        assert [name for name in names if name.startswith(needed)], needed


def test_checks_and_migrations_are_clean(shop):
    shop.manage("check", "--deploy", "--fail-level=WARNING")
    shop.manage("makemigrations", "--check", "--dry-run")


def test_an_operator_signs_in_and_finds_a_styled_console(shop):
    with shop.serving() as address:
        visitor = build_opener(HTTPCookieProcessor(CookieJar()))
        login = visitor.open(f"{address}/ops/")
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', login.read().decode())[1]
        form = {"username": "olga", "password": "olga", "csrfmiddlewaretoken": token}
        console = visitor.open(login.url, urlencode(form).encode())
        assert (console.status, console.url) == (200, f"{address}/ops/")
        style = re.search(
            r'href="(/static/simple_queue_dashboard/[\w.-]+\.[0-9a-f]{12}\.css)"', console.read().decode()
        )[1]
        assert "immutable" in visitor.open(address + style).headers["Cache-Control"]


def test_a_worker_runs_a_task(shop):
    shop.manage("shell", "-c", ENQUEUE)
    shop.manage("task_worker", "--burst")
    assert "2 Hello Ada" in shop.manage("shell", "-c", LOOK)
