"""The public face of the older releases: names, signatures, sentences, keys; a project of then still runs."""

from __future__ import annotations

import inspect
import json
import os
from uuid import UUID

import pytest
from django.contrib.admin import site
from django.test import RequestFactory
from django.urls import reverse

from django_simple_queue import admin, conf, models, monitor, signals, utils, views, worker
from django_simple_queue.models import Task
from tests.core.rows import a_task, status_of

pytestmark = pytest.mark.django_db

OLDER = "tests.core.older_project"
SIGNALS = ["before_job", "on_success", "on_failure", "before_loop", "after_loop"]


@pytest.fixture(scope="module")
def older_project():
    """The project, whose receivers hear nothing any more once the tests of this file are over."""
    from tests.core import older_project

    yield older_project
    for name in SIGNALS:
        getattr(signals, name).disconnect(getattr(older_project, f"heard_{name}"))


@pytest.fixture
def older(settings, older_project):
    settings.ROOT_URLCONF = OLDER
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {f"{OLDER}.{name}" for name in ("add", "count", "fail", "in_loop")}
    settings.DJANGO_SIMPLE_QUEUE_PUBLIC_STATUS = True
    settings.DJANGO_SIMPLE_QUEUE_TASK_TIMEOUT = 60
    older_project.HEARD.clear()
    return older_project


def enqueue(client, name, **args):
    return client.get("/enqueue", {"task": f"{OLDER}.{name}", "args": json.dumps(args)})


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        (utils.create_task, ["task", "args"]),
        (worker.execute_task, ["task_id", "log_fd"]),
        (monitor.detect_orphaned_tasks, []),
        (monitor.handle_subprocess_exit, ["task_id", "exit_code"]),
        (monitor.handle_task_timeout, ["task_id", "timeout_seconds"]),
        (views.view_task_status, ["request"]),
        (conf.get_allowed_tasks, []),
        (conf.is_task_allowed, ["task_path"]),
        (conf.get_max_output_size, []),
        (conf.get_max_args_size, []),
        (conf.get_task_timeout, []),
    ],
)
def test_functions_take_what_they_took_and_extras_by_name_only(function, parameters):
    found = inspect.signature(function).parameters.values()
    assert [each.name for each in found if each.kind is not each.KEYWORD_ONLY] == parameters


def test_the_model_has_its_constants_and_columns():
    choices = [(value, str(label)) for value, label in Task.STATUS_CHOICES]
    assert choices == [(0, "Queued"), (1, "In progress"), (2, "Completed"), (3, "Failed"), (4, "Cancelled")]
    assert [Task.QUEUED, Task.PROGRESS, Task.COMPLETED, Task.FAILED, Task.CANCELLED] == [0, 1, 2, 3, 4]
    columns = {field.name for field in Task._meta.fields}
    assert columns > set("id created modified task args status output worker_pid error log".split())
    assert Task._meta.db_table == "django_simple_queue_task"
    for name in ("as_dict", "clean_task", "clean_args"):
        assert hasattr(models.Task, name)


@pytest.mark.parametrize("name", SIGNALS)
def test_the_signals_are_signals(name):
    assert hasattr(getattr(signals, name), "send_robust")


def test_the_admin_has_its_action():
    assert type(site._registry[Task]) is admin.TaskAdmin
    assert "enqueue_tasks" in admin.TaskAdmin.actions


def test_a_task_goes_through_its_life(client, older):
    task_id = UUID(enqueue(client, "add", a=40).json()["id"])
    worker.execute_task(task_id)
    assert client.get(f"/jobs/task?task_id={task_id}&type=json").json() | {"created": 0, "modified": 0, "log": 0} == {
        "id": str(task_id),
        "created": 0,
        "modified": 0,
        "task": f"{OLDER}.add",
        "args": '{"a": 40}',
        "status": "Completed",
        "output": "42",
        "worker_pid": os.getpid(),
        "error": None,
        "log": 0,
    }
    assert [
        ("before_job", {"sender": Task, "task": task_id}),
        ("on_success", {"status": Task.COMPLETED, "output": "42"}),
    ] == older.HEARD
    assert reverse("django_simple_queue:task") == "/jobs/task"


def test_a_generator_hands_over_its_values_one_by_one(client, older):
    task_id = enqueue(client, "count", upto=2).json()["id"]
    worker.execute_task(task_id)
    assert Task.objects.get(pk=task_id).output == "0,1,"
    assert [name for name, _ in older.HEARD] == [
        "before_job",
        *["before_loop", "after_loop"] * 2,
        "on_success",
    ]
    assert older.HEARD[2] == ("after_loop", {"iteration": 0, "output": "0,"})
    assert older.HEARD[3] == ("before_loop", {"iteration": 1})


def test_a_failure_keeps_its_error_and_what_was_produced_before(client, older):
    task_id = enqueue(client, "fail", upto=2).json()["id"]
    worker.execute_task(task_id)
    task = Task.objects.get(pk=task_id)
    assert (task.status, task.output, task.worker_pid) == (Task.FAILED, "0,1,", None)
    assert task.error.startswith("LookupError('no such customer')\n\nTraceback (most recent call last)")
    name, heard = older.HEARD[-1]
    assert (name, heard["status"], repr(heard["error"])) == (
        "on_failure",
        Task.FAILED,
        "LookupError('no such customer')",
    )


def test_a_loop_of_ones_own_works(client, older):
    task_id = enqueue(client, "in_loop").json()["id"]
    worker.execute_task(task_id)
    assert Task.objects.get(pk=task_id).output == "from the loop"


def test_what_a_task_prints_goes_to_the_descriptor(client, older):
    task_id = enqueue(client, "add", a=1).json()["id"]
    older.run_in_a_process_of_its_own(task_id)
    log = Task.objects.get(pk=task_id).log
    assert "adding 1 and 2" in log
    assert "nearly done" in log


@pytest.mark.parametrize("status", [Task.COMPLETED, Task.FAILED, Task.CANCELLED])
def test_what_has_ended_is_not_run(older, status):
    task = a_task(status, task=f"{OLDER}.add", args='{"a": 1}')
    worker.execute_task(task.pk)
    assert status_of(task) == status
    assert older.HEARD == []


def test_an_unknown_task_is_the_models_exception(older):
    with pytest.raises(Task.DoesNotExist):
        worker.execute_task("00000000-0000-0000-0000-000000000000")


def test_failures_are_requeued_by_saving_them(client, older):
    task_id = enqueue(client, "fail", upto=1).json()["id"]
    worker.execute_task(task_id)
    older.requeue_failed()
    assert Task.objects.get(pk=task_id).status == Task.QUEUED
    worker.execute_task(task_id)
    assert Task.objects.get(pk=task_id).status == Task.FAILED


def test_errors_of_the_caller_are_the_same_classes(client, older):
    assert enqueue(client, "other").status_code == 400
    answer = client.get("/enqueue", {"task": f"{OLDER}.add", "args": "[1]"})
    assert answer.json()["error"].startswith("args should be of type dict")
    with pytest.raises(utils.TaskNotAllowedError):
        utils.create_task("os.system", {})
    with pytest.raises(TypeError):
        utils.create_task("os.system", [1])


def in_progress(pid):
    """A row as the older worker leaves it: a process id, no worker."""
    return a_task(Task.PROGRESS, worker=None, worker_pid=pid)


def test_a_dead_process_is_found(older, dead_pid):
    dead, living = in_progress(dead_pid), in_progress(os.getpid())
    older.settle(living.pk)
    assert status_of(living) == Task.PROGRESS
    dead.refresh_from_db()
    assert (dead.status, dead.worker_pid) == (Task.FAILED, None)
    assert f"worker process (PID {dead_pid}) no longer running" in dead.error
    assert older.HEARD == [("on_failure", {"status": Task.FAILED, "error": None})]


@pytest.mark.parametrize("exit_code", [None, 0])
def test_a_process_that_ended_well_changes_nothing(older, exit_code):
    task = in_progress(os.getpid())
    older.settle(task.pk, exit_code)
    assert status_of(task) == Task.PROGRESS


@pytest.mark.parametrize("exit_code", [1, -9])
def test_a_process_that_ended_badly_is_a_failure(older, exit_code):
    task = in_progress(os.getpid())
    older.settle(task.pk, exit_code)
    task.refresh_from_db()
    assert task.status == Task.FAILED
    assert f"Worker subprocess exited with code {exit_code}" in task.error
    assert older.HEARD == [("on_failure", {"status": Task.FAILED, "error": None})]


def test_a_timeout_is_a_failure_with_a_timeout_error(older):
    task = in_progress(os.getpid())
    older.settle(task.pk, timed_out_after=5)
    task.refresh_from_db()
    assert task.status == Task.FAILED
    assert "Task timed out after 5 seconds" in task.error
    ((_, heard),) = older.HEARD
    assert repr(heard["error"]) == "TimeoutError('Task exceeded 5s timeout')"


@pytest.mark.parametrize("status", [Task.QUEUED, Task.COMPLETED, Task.CANCELLED])
def test_endings_from_outside_touch_only_what_is_in_progress(older, status):
    task = a_task(status)
    older.settle(task.pk, exit_code=1, timed_out_after=5)
    assert status_of(task) == status


def test_an_admin_of_ones_own_still_works(older, admin_user):
    a_task(output="needle")
    own = older.OlderTaskAdmin(Task, site)
    for query, found in (
        ({"q": ""}, 1),
        ({"modified__gte": "2020-01-01 00:00:00+00:00"}, 1),
        ({"modified__lt": "2020-01-01 00:00:00+00:00"}, 0),
    ):
        request = RequestFactory().get("/", query)
        request.user = admin_user
        assert own.get_changelist_instance(request).result_count == found
