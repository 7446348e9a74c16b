"""Tasks beside a receiver that only those processes know which have imported this module."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Any

from django.dispatch import receiver

from django_simple_queue.signals import on_failure
from tests.tasks import note


@receiver(on_failure)
def hear(task: Any, error: BaseException | None, **details: Any) -> None:
    note(os.environ["RECEIVERS_LEDGER"], "heard", task.pk, error)


def leave_a_thread() -> None:
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
    raise ValueError("having left a thread")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
