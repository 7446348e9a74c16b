"""A project as it was written for the older releases: nothing in here knows anything newer."""

from __future__ import annotations

import asyncio
import json
import logging
import os

from django.dispatch import receiver
from django.http import HttpRequest, JsonResponse
from django.urls import include, path

from django_simple_queue import signals
from django_simple_queue.admin import TaskAdmin
from django_simple_queue.models import Task
from django_simple_queue.monitor import detect_orphaned_tasks, handle_subprocess_exit, handle_task_timeout
from django_simple_queue.utils import TaskNotAllowedError, create_task
from django_simple_queue.worker import ManagedEventLoop, execute_task

HEARD: list[tuple[str, dict[str, object]]] = []


def add(a, b=2):
    print(f"adding {a} and {b}")
    logging.getLogger("older").warning("nearly done")
    return str(a + b)


def count(upto):
    for number in range(upto):
        yield f"{number},"


def fail(upto):
    yield from count(upto)
    raise LookupError("no such customer")


def in_loop():
    async def answer():
        return "from the loop"

    with ManagedEventLoop() as loop:
        assert loop is asyncio.get_event_loop_policy().get_event_loop()
        return loop.run_until_complete(answer())


@receiver(signals.before_job)
def heard_before_job(sender, task, **kwargs):
    HEARD.append(("before_job", {"sender": sender, "task": task.id}))


@receiver(signals.on_success)
def heard_on_success(sender, task, **kwargs):
    HEARD.append(("on_success", {"status": task.status, "output": task.output}))


@receiver(signals.on_failure)
def heard_on_failure(sender, task, error, **kwargs):
    HEARD.append(("on_failure", {"status": task.status, "error": error}))


@receiver(signals.before_loop)
def heard_before_loop(sender, task, iteration, **kwargs):
    HEARD.append(("before_loop", {"iteration": iteration}))


@receiver(signals.after_loop)
def heard_after_loop(sender, task, output, iteration, **kwargs):
    HEARD.append(("after_loop", {"iteration": iteration, "output": output}))


def enqueue(request: HttpRequest):
    try:
        task_id = create_task(task=request.GET["task"], args=json.loads(request.GET["args"]))
    except (TypeError, TaskNotAllowedError) as error:
        return JsonResponse({"error": str(error)}, status=400)
    return JsonResponse({"id": str(task_id)})


def requeue_failed():
    for task in Task.objects.filter(status=Task.FAILED):
        task.status = Task.QUEUED
        task.output = None
        task.save()


def run_in_a_process_of_its_own(task_id):
    """The loop of a worker of one's own, as the older command had it."""
    reading, writing = os.pipe()
    execute_task(task_id, log_fd=writing)
    with os.fdopen(reading) as log:
        Task.objects.filter(id=task_id).update(log=log.read())


def settle(task_id, exit_code=None, timed_out_after=None):
    detect_orphaned_tasks()
    handle_subprocess_exit(task_id, exit_code)
    if timed_out_after:
        handle_task_timeout(task_id, timed_out_after)


class OlderTaskAdmin(TaskAdmin):
    list_display = ("id", "created", "modified", "task", "status_page_link")
    list_filter = ("status", "created", "modified")
    search_fields = ("id", "task", "output")


urlpatterns = [
    path("jobs/", include("django_simple_queue.urls")),
    path("enqueue", enqueue),
]
