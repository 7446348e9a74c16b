"""What a task carried and left behind, as much of it as a page can show; who may not see it gets none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Left, Length, Right
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from django_simple_queue.models import Task

COLUMNS = ("error", "args", "output", "log")
SHOWN_LAST = ("log",)
WINDOW = 20_000
VIEW = "django_simple_queue.view_task"
VIEW_PAYLOAD = "django_simple_queue.view_task_payload"


@dataclass(frozen=True, slots=True)
class Part:
    """One text of a task: its title, what is shown of it, and how many characters are left out."""

    name: str
    title: str | Promise
    text: str
    left_out: int

    @property
    def remark(self) -> str:
        if not self.left_out:
            return ""
        sentence = _("The last %(shown)s characters; %(more)s before them are not shown.")
        if self.name not in SHOWN_LAST:
            sentence = _("The first %(shown)s characters; %(more)s more are not shown.")
        return sentence % {"shown": f"{len(self.text):,}", "more": f"{self.left_out:,}"}


def windowed(tasks: QuerySet[Task]) -> QuerySet[Task]:
    """Return ``tasks`` so that no more of a big text than a page shows leaves the database."""
    windows = {
        f"{name}_window": Right(name, Value(WINDOW)) if name in SHOWN_LAST else Left(name, WINDOW) for name in COLUMNS
    }
    lengths = {f"{name}_length": Length(F(name)) for name in COLUMNS}
    return tasks.defer(*COLUMNS, "frames", "positional").annotate(**windows, **lengths)


def parts(task: Task) -> Iterator[Part]:
    """Yield the texts of a task that ``windowed`` has read, the empty ones left out."""
    for name in COLUMNS:
        text = getattr(task, f"{name}_window")
        if text:
            field: Any = Task._meta.get_field(name)
            yield Part(name, field.verbose_name, text, getattr(task, f"{name}_length") - len(text))
