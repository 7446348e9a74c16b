"""Tasks beside a receiver that only those processes know which have imported this module."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

from django.dispatch import receiver

from django_simple_queue.models import Task
from django_simple_queue.signals import after_loop, on_failure
from tests.tasks import note


@receiver(on_failure)
def hear(task: Any, error: BaseException | None, **details: Any) -> None:
    note(os.environ["RECEIVERS_LEDGER"], "heard", task.pk, error)


@receiver(after_loop)
def look(task: Any, output: str, **details: Any) -> None:
    note(os.environ["RECEIVERS_LEDGER"], "handed", output, Task.objects.filter(pk=task.pk).count())


async def count_slowly() -> AsyncIterator[str]:
    yield "0"
    yield "1"


def leave_a_thread() -> None:
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
    raise ValueError("having left a thread")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
