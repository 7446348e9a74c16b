"""What the shop's operators did about it: requeues of single rows and of a whole incident, cancels, and one Undo."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from dashboard.project.demo.catalogue import NAMED
from dashboard.project.demo.history import FEED_REPAIRED, OPEN_FAILURES, OUTAGE, History
from django_simple_queue.models import OperatorAction, OperatorActionItem, Task

OPERATORS = ("lena", "omar", "ruth")
SHARE_REQUEUED = 0.75


class Desk:
    """The ``actions`` and ``items`` of the fortnight; the tasks of ``history`` change as the actions say."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.random = history.random
        self.actions: list[OperatorAction] = []
        self.items: list[OperatorActionItem] = []
        self.write_down_enqueues()
        self.write_down_cancels()
        self.requeue_the_incident()
        self.requeue_old_failures()
        self.try_today()
        self.undo_one()
        self.actions.sort(key=lambda action: action.created)

    def failures(self) -> list[Task]:
        return [task for task in self.history.tasks if task.status == Task.FAILED]

    def write_down_enqueues(self) -> None:
        """Reports and partners are asked for in the console as often as not."""
        for task in self.history.tasks:
            if task.task.endswith(("build_report", "connect_partner")) and self.random.random() < 0.5:
                action = self.write("enqueue", [task], task.created, previous=Task.QUEUED)
                action.scope, task.created_by = task.task, action.actor

    def write_down_cancels(self) -> None:
        for task in self.history.tasks:
            if task.status == Task.CANCELLED and task.finished:
                self.write("cancel", [task], task.finished, previous=Task.QUEUED)

    def requeue_the_incident(self) -> None:
        repaired = self.history.now - FEED_REPAIRED + timedelta(minutes=9)
        import_orders = NAMED["import_orders"].path
        hit = [t for t in self.failures() if t.task == import_orders and t.error_class.endswith("KeyError")]
        hit = [task for task in hit if task.finished and task.finished < repaired]
        action = self.write("requeue", hit, repaired, actor="lena")
        action.scope = f"{len(hit)} ticked tasks"
        action.reason = "The partner's feed has its postcodes back."
        for number, task in enumerate(hit):
            self.run_again(task, repaired + timedelta(seconds=5 * number))

    def requeue_old_failures(self) -> None:
        for task in self.failures():
            if not task.finished or self.history.now - task.finished < OPEN_FAILURES:
                continue
            if task.task != NAMED["transfer_funds"].path and self.random.random() < SHARE_REQUEUED:
                when = task.finished + timedelta(minutes=self.random.uniform(3, 400))
                self.write("requeue", [task], when)
                self.run_again(task, when)

    def try_today(self) -> None:
        """Somebody has tried two of the invoices of the running outage; they failed once more."""
        kind = NAMED["charge_invoice"]
        begin = self.history.now - OUTAGE
        declined = [task for task in self.failures() if task.task == kind.path and task.created > begin]
        for task in sorted(declined, key=lambda task: task.created)[:2]:
            when = max(begin + timedelta(minutes=35), (task.finished or task.created) + timedelta(minutes=2))
            self.write("requeue", [task], when, actor="omar")
            self.restart(task, when)
            self.history.fail(task, kind, task.arguments)
            self.history.attempts[-1].round = 2

    def undo_one(self) -> None:
        failed = [task for task in self.failures() if task.task == NAMED["transfer_funds"].path][:1]
        for task in failed:
            when = (task.finished or self.history.now) + timedelta(minutes=6)
            action = self.write("requeue", [task], when, actor="ruth")
            action.undone, action.undone_by = when + timedelta(seconds=3), "ruth"

    def run_again(self, task: Task, when: datetime) -> None:
        kind = NAMED[task.task.rpartition(".")[2]]
        self.restart(task, when)
        self.history.complete(task, kind, task.arguments)

    def restart(self, task: Task, when: datetime) -> None:
        task.attempt = 0
        task.run_after = when + timedelta(seconds=5)

    def write(
        self, verb: str, tasks: Iterable[Task], when: datetime, *, actor: str = "", previous: int = Task.FAILED
    ) -> OperatorAction:
        rows = list(tasks)
        action = OperatorAction(
            created=when,
            actor=actor or self.random.choice(OPERATORS),
            verb=verb,
            scope=f"{rows[0].task.rpartition('.')[2]} {str(rows[0].id)[-8:]}" if len(rows) == 1 else "",
            outcomes={"done": len(rows)},
        )
        self.actions.append(action)
        self.items += [self.item(action, row, previous) for row in rows]
        return action

    def item(self, action: OperatorAction, row: Task, previous: int) -> OperatorActionItem:
        return OperatorActionItem(
            action=action,
            task=row.id,
            previous_status=previous,
            previous_attempt=row.attempt,
            previous_run_after=row.run_after,
            epoch=row.epoch,
        )
