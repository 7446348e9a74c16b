"""The page of one group of failures: its numbers, its latest error with frames, the tasks that failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.models import FailureGroup
from dashboard.selectors import fingerprints
from dashboard.selectors.failures import Group, add_errors, add_numbers, error_line
from dashboard.selectors.payload import FrameGroup, stack
from dashboard.selectors.rows import light
from django_simple_queue.models import Task
from django_simple_queue.redaction import redact_args

SAMPLES = 10


@dataclass(frozen=True, slots=True)
class Sample:
    """A failed task of the group; ``args`` and ``error`` are empty where they may not be seen."""

    task: Any
    args: Any = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class GroupPage:
    group: Group
    samples: Sequence[Sample]
    stack: Sequence[FrameGroup]
    with_payload: bool


def read_group(fingerprint: str, now: datetime, *, with_payload: bool) -> Group | None:
    """Return the group, with its numbers; None when no failed task has the fingerprint."""
    found = fingerprints.one(fingerprint)
    if found is None:
        return None
    task, error_class, release = Task.objects.filter(pk=found.sample).values_list(
        "task", "error_class", "release"
    ).first() or ("", "", "")
    group = Group(found, now, FailureGroup.objects.filter(pk=fingerprint).first(), task, error_class, release)
    add_numbers([group], now)
    add_errors([group], with_payload)
    return group


def group_page(group: Group, *, with_payload: bool) -> GroupPage:
    failed = fingerprints.failed(group.fingerprint).order_by("-finished", "-id")
    samples = [sample(row, with_payload) for row in light(failed)[:SAMPLES]]
    framed = Task.objects.only("task", "args", "frames")
    latest = framed.filter(pk=group.found.sample).first() if with_payload else None
    return GroupPage(group, samples, stack(latest) if latest else (), with_payload)


def sample(row: Any, with_payload: bool) -> Sample:
    if not with_payload:
        return Sample(row)
    args = redact_args(row.task, row.args_short) if row.args_short is not None else None
    return Sample(row, args, error_line(row))
