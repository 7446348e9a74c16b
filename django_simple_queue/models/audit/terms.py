"""Under which terms an operator's verb runs over many rows: what it may touch, what fits, what is asked first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Case, F, Q, TextField, Value, When
from django.db.models.functions import Length

from django_simple_queue import callables, conf
from django_simple_queue.models.attempt import Attempt
from django_simple_queue.models.task import Task, TaskQuerySet
from django_simple_queue.models.transitions import MOVES

ARGS_READ = 20_000
RAN = (Task.COMPLETED, Task.FAILED)
HAS_RUN = Q(epoch__gt=0) | Q(status__in=RAN)
"""A run has begun; the older package counted no claims."""
REPEATS = {verb: MOVES[verb].sources for verb in ("requeue", "run_again")}


@dataclass(frozen=True, slots=True)
class Terms:
    """Frozen when the action starts, so that whoever goes on with it needs neither the actor nor the tasks' code.

    ``granted`` are the permissions demanded by tasks' options that the actor has; ``shapes`` the signatures of the
    tasks as they were, or why one cannot be imported; ``repeat`` says that runs without an answer are repeated too,
    for a cancel that running tasks are stopped too.
    """

    granted: frozenset[str] = frozenset()
    shapes: Mapping[str, callables.Shape | str] = field(default_factory=dict)
    repeat: bool = True

    @classmethod
    def of(cls, actor: Any, paths: Iterable[str], repeat: bool = True) -> Terms:
        """Return the terms for ``actor`` over the tasks at these paths; those that are allowed are imported."""
        shapes = {path: callables.shape(path) for path in paths if conf.is_task_allowed(path)}
        return cls(cls.held_by(actor).granted, shapes, repeat)

    @classmethod
    def held_by(cls, actor: Any) -> Terms:
        """Return what ``actor`` may do, whatever the arguments: nothing is imported."""
        wanted = {conf.get_task_options(path).permission for path in conf.get_allowed_tasks() or ()} - {""}
        return cls(frozenset(permission for permission in wanted if actor.has_perm(permission)))

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Terms:
        return cls(frozenset(stored["granted"]), stored["shapes"], stored["repeat"])

    @property
    def closed(self) -> frozenset[str]:
        """The paths of tasks that demand a permission which the actor lacks: of these it is not told who did what."""
        demanded = {path: conf.get_task_options(path).permission for path in conf.get_allowed_tasks() or ()}
        return frozenset(path for path, permission in demanded.items() if {permission} - self.granted - {""})

    def as_json(self) -> dict[str, Any]:
        return {"granted": sorted(self.granted), "shapes": dict(self.shapes), "repeat": self.repeat}

    def refusals(self, verb: str, rows: Sequence[Task]) -> dict[UUID, str]:
        """Return for each row why it is left alone, "" when it is not. ``rows`` are as ``readable`` reads them."""
        asking = set() if self.repeat else doubtful(verb, rows)
        return {row.pk: self.refusal(verb, row) or ("unanswered" if row.pk in asking else "") for row in rows}

    def refusal(self, verb: str, row: Task) -> str:
        options = conf.get_task_options(row.task)
        if options.permission and options.permission not in self.granted:
            return "not_permitted"
        if row.status not in REPEATS.get(verb, ()):
            return ""
        return "never" if is_never_repeated(row) else self.misfit(row)

    def misfit(self, row: Task) -> str:
        """Return why the call cannot be made by today's code, as an outcome."""
        if not conf.is_task_allowed(row.task):
            return "not_allowed"
        shape = self.shapes.get(row.task)
        if isinstance(shape, str):
            return "missing"
        args: str | None = row.__dict__.get("args_read", row.__dict__.get("args"))
        if shape is None or (args is None and row.__dict__.get("args_size")):
            return ""
        return "" if binds(shape, args, row.positional) else "unfit"


def readable(rows: TaskQuerySet) -> TaskQuerySet:
    """Read what terms look at; arguments too long to be looked at stay behind, and count as fitting."""
    read = Case(When(args_size__lte=ARGS_READ, then=F("args")), default=Value(None), output_field=TextField(null=True))
    columns = ("pk", "task", "status", "attempt", "epoch", "run_after", "positional", "created", "modified")
    return rows.only(*columns).annotate(args_size=Length("args")).annotate(args_read=read)


def binds(shape: callables.Shape, args: str | None, positional: str | None) -> bool:
    try:
        named, placed = json.loads(args) if args else {}, json.loads(positional) if positional else []
    except (ValueError, RecursionError):
        return False
    return isinstance(named, dict) and isinstance(placed, list) and callables.fits(shape, named, placed)


def doubtful(verb: str, rows: Iterable[Task]) -> set[UUID]:
    """Return the rows about which an operator is asked before ``verb`` is done to them."""
    rows = list(rows)
    if verb == "cancel":
        return {row.pk for row in rows if row.status == Task.PROGRESS}
    return doubtful_to_repeat(row for row in rows if row.status in REPEATS.get(verb, ()))


def doubtful_to_repeat(rows: Iterable[Task]) -> set[UUID]:
    """Return the rows that may do harm when they run once more, whether as they are or with other arguments."""
    ran = [row for row in rows if has_run(row)]
    declared = {row.pk for row in ran if conf.get_task_options(row.task).rerun == "confirm"}
    return declared | without_answer(row for row in ran if conf.get_task_options(row.task).rerun == "")


def is_never_repeated(row: Task) -> bool:
    """Tell whether the task has run and its options say that it must not do so once more."""
    return has_run(row) and conf.get_task_options(row.task).rerun == "never"


def has_run(row: Task) -> bool:
    """Tell of a row what HAS_RUN asks of the database."""
    return row.epoch > 0 or row.status in RAN


def without_answer(rows: Iterable[Task]) -> set[UUID]:
    """Return the rows whose latest run ended without an answer, so that nobody knows whether it took effect."""
    epochs = {row.pk: row.epoch for row in rows}
    ended = Attempt.objects.filter(task__in=epochs).exclude(outcome=Attempt.Outcome.FAILED)
    return {pk for pk, epoch in ended.values_list("task_id", "epoch") if epochs[pk] == epoch}
