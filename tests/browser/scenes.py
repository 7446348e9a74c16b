"""Each page of the console in each of its states: what makes it so, and its address."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from django_simple_queue.models import Attempt, OperatorAction, QueuePause, Task, Worker
from django_simple_queue.models.audit import perform
from tests.dashboard.people import operator
from tests.dashboard.queue import CHARGE, a_task, a_worker, later

HOSTILE = "<img src=x onerror=alert(1)> \u202e \u0000'\"`</script> {{ 7 * 7 }} " + "w" * 300
Seed = Callable[[], str]


def of(*tasks: Task) -> str:
    return f"/tasks/{tasks[-1].pk}/"


def everything() -> str:
    worker = a_worker()
    a_worker(alive=False, host="web-2")
    a_task(Task.PROGRESS, worker=worker.pk, progress=40, progress_message="Reading page 4")
    a_task(Task.PROGRESS)
    for status in (Task.QUEUED, Task.COMPLETED, Task.FAILED, Task.CANCELLED):
        a_task(status)
    a_task(**later(3600))
    a_task(attempt=1, epoch=1, max_attempts=3, error="ValueError('x')", error_class="builtins.ValueError", **later(60))
    a_task(Task.FAILED, task="shop.tasks." + "long_" * 30 + "name", args='{"text": "%s"}' % ("wide " * 200))
    return "/"


def tab(slug: str) -> Seed:
    return lambda: everything() + f"?status={slug}"


def held() -> Task:
    task = a_task(Task.FAILED)
    rows, omar = Task.objects.filter(pk=task.pk), operator("omar", superuser=True)
    perform("requeue", rows, omar, "send_email", hold=timedelta(hours=1))
    return task


def paused() -> str:
    a_worker()
    QueuePause.objects.create(queue="default", reason="Maintenance", paused_by="omar")
    return of(a_task())


def retrying() -> str:
    task = a_task(attempt=1, epoch=1, max_attempts=3, error="ValueError('x')", error_class="ValueError", **later(60))
    now = timezone.now()
    Attempt.objects.create(task=task, epoch=1, attempt=1, outcome="failed", started=now, finished=now, error="x")
    return of(task)


def tried_before() -> str:
    task = a_task(Task.FAILED, task=CHARGE, epoch=3, attempt=3, max_attempts=3)
    now = timezone.now()
    said = {"started": now, "finished": now, "error": "Boom\n\nTraceback\n  here", "log": "a line of the log"}
    for epoch, outcome in enumerate(("failed", "interrupted", "timed_out"), 1):
        Attempt.objects.create(task=task, epoch=epoch, attempt=epoch, outcome=outcome, **said)
    for _ in range(6):
        a_task(Task.COMPLETED, task=CHARGE)
    return of(task)


def lost_task() -> str:
    finder = a_worker()
    worker = a_worker(alive=False, host="web-6", state="lost", ended=timezone.now(), lost_by=finder.pk)
    task = a_task(Task.FAILED, worker=worker.pk, fingerprint="f" * 16)
    a_task(Task.FAILED, fingerprint="f" * 16)
    Attempt.objects.create(task=task, epoch=1, attempt=1, outcome="lost", started=task.started, error="gone")
    return of(task)


def actions() -> str:
    ada = operator("omar", superuser=True)
    for verb in ("requeue", "cancel", "requeue"):
        ids = [a_task(Task.FAILED if verb == "requeue" else Task.QUEUED).pk for _ in range(3)]
        perform(verb, Task.objects.filter(pk__in=ids), ada, "3 ticked tasks", reason="Because <b>x</b>")
    return "/activity/"


def an_action(state: str, **columns: Any) -> str:
    everything()
    left = {"unfit": [str(a_task(Task.FAILED).pk)], "never": [str(a_task(Task.FAILED).pk)]}
    columns |= {"outcomes": {"done": 3, "unfit": 1, "never": 1, "already omar": 2, "changed": 1}, "left_alone": left}
    frozen = {"where": [], "mark": timezone.now().isoformat(), "query": "status=failed"}
    action = OperatorAction.objects.create(
        verb="requeue",
        actor="ada",
        scope=f"failed {HOSTILE[:300]}",
        scope_filter=frozen,
        state=state,
        expected=20,
        **columns,
    )
    for task in Task.objects.filter(status=Task.FAILED)[:3]:
        action.items.create(task=task.pk, previous_status=Task.FAILED, epoch=1)
    return f"/activity/{action.pk}/"


def fleet() -> str:
    everything()
    Worker.objects.update(rss=64_000_000, release="2026.11")
    return "/workers/"


def lost() -> str:
    a_worker(alive=False)
    return "/workers/"


PAGES: dict[str, Seed] = {
    "tasks, none yet": lambda: "/",
    "tasks, all": everything,
    **{f"tasks, {slug}": tab(slug) for slug in ("queued", "scheduled", "retrying", "progress", "failed")},
    "tasks, filtered": lambda: everything() + f"?status=failed&queue=default&q=Card&time=24h&task={CHARGE}",
    "tasks, no match": lambda: everything() + "?q=nothing+has+this",
    "tasks, filter not valid": lambda: everything() + "?status=broken&time=x",
    "tasks, no worker": lambda: of(a_task()) and "/",
    "tasks, requeued": lambda: held() and "/",
    "task, queued": lambda: of(a_task()),
    "task, scheduled": lambda: of(a_task(**later(3600))),
    "task, held": lambda: of(held()),
    "task, of a paused queue": paused,
    "task, retrying": retrying,
    "task, running": lambda: of(a_task(Task.PROGRESS, worker=a_worker().pk, progress=40, log="one\ntwo\n")),
    "task, without a worker": lambda: of(a_task(Task.PROGRESS)),
    "task, completed": lambda: of(a_task(Task.COMPLETED, output="done", log="a\nb\n")),
    "task, failed": lambda: of(a_task(Task.FAILED, task=CHARGE)),
    "task, cancelled": lambda: of(a_task(Task.CANCELLED)),
    "task, hostile": lambda: of(a_task(Task.FAILED, error=HOSTILE, output=HOSTILE, error_class=HOSTILE[:200])),
    "task, lost": lost_task,
    "task, tried before": tried_before,
    "task, running long": lambda: of(
        a_task(Task.PROGRESS, worker=a_worker().pk, log="a line\n" * 9000, output="x\n" * 9)
    ),
    "task name": lambda: everything() and f"/tasks/named/{CHARGE}/",
    "task name, never run": lambda: "/tasks/named/tests.tasks.two_arguments/",
    "queue": lambda: everything() and "/queues/named/default/",
    "queue, paused": lambda: paused() and "/queues/named/default/",
    "queue, not served": lambda: of(a_task(queue="media")) and "/queues/named/media/",
    "task, big": lambda: of(a_task(Task.COMPLETED, output="a line\n" * 40_000, args='{"a": [%s1]}' % ("1," * 900))),
    "enqueue": lambda: "/enqueue/",
    "enqueue, chosen": lambda: "/enqueue/?task=tests.tasks.two_arguments",
    "enqueue, not importable": lambda: "/enqueue/?task=shop.tasks.retired",
    "enqueue, not found": lambda: "/enqueue/?q=nothing",
    "workers, none": lambda: "/workers/",
    "workers": fleet,
    "workers, lost": lost,
    "activity, none": lambda: "/activity/",
    "action, running": lambda: an_action(OperatorAction.State.RUNNING),
    "action, stopped": lambda: an_action(OperatorAction.State.ABORTED, problem="Stopped by <b>omar</b>."),
    "action, mixed and undone": lambda: an_action(
        OperatorAction.State.DONE, undone=timezone.now(), undo_outcomes={"restored": 2, "started": 1}
    ),
    "export": lambda: everything() and "/export/?status=failed",
    "activity": actions,
    "404": lambda: "/tasks/01a20498-fa86-7401-a271-238759bd0139/",
}
