from __future__ import annotations

import os
import time
from typing import Any

from django.apps import AppConfig

from django_simple_queue import signals
from tests.tasks import note


class Receivers(AppConfig):
    name = "tests.engine"
    label = "receivers"

    def ready(self) -> None:
        for name in ("before_job", "on_success", "on_failure", "before_loop", "after_loop"):
            getattr(signals, name).connect(Hear(name), weak=False)


class Hear:
    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, task: Any, **details: Any) -> None:
        note(os.environ["RECEIVERS_LEDGER"], "heard", self.name, task.pk, *self.words(task, details))
        if self.name == "before_job" and task.created_by:
            getattr(self, task.created_by)(task)

    def words(self, task: Any, details: dict[str, Any]) -> list[object]:
        words: list[object] = [details["iteration"] if "loop" in self.name else task.status]
        if self.name == "after_loop":
            words.append(repr(details["output"]))
        if self.name == "on_success":
            words.append(task.output)
        if self.name == "on_failure":
            words.append(repr(details["error"]))
        return words

    def raise_(self, task: Any) -> None:
        raise RuntimeError("receiver on purpose")

    def save(self, task: Any) -> None:
        task.created_by, task.status, task.output = "saved", 3, "overwritten"
        task.save()

    def hang(self, task: Any) -> None:
        time.sleep(60)


setattr(Hear, "raise", Hear.raise_)
