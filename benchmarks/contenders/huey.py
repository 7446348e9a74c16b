"""huey, on SQLite or Redis: one consumer with as many worker processes as there are task processes.

It keeps no times: its tasks return when they ran. It enqueues outside of any transaction, so its consumer is stopped
meanwhile, else the first tasks would be done before the last one is there.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from huey.contrib.djhuey import HUEY

from benchmarks.contenders.huey_app import tasks

STOPPED_WHILE_ENQUEUEING = True
_enqueued: list[tuple[float, Any]] = []


def worker_commands(processes: int, eager: bool) -> list[list[str]]:
    return [["run_huey", "--quiet"]]


def enqueue(name: str, count: int) -> None:
    call = getattr(tasks, name)
    for _ in range(count):
        now = time.time()
        _enqueued.append((now, call()))


def unfinished() -> bool:
    return bool(HUEY.result_count() < len(_enqueued))


def runners() -> int:
    """How many processes have run something."""
    return len({result.get(preserve=True)[0] for _, result in _enqueued})


def times(count: int) -> list[tuple[datetime, datetime, datetime]]:
    """Enqueued, and twice the moment in which it ran."""
    newest = [(at, result.get(preserve=True)[1]) for at, result in _enqueued[-count:]]
    return [(moment(enqueued), moment(ran), moment(ran)) for enqueued, ran in newest]


def moment(stamp: float) -> datetime:
    return datetime.fromtimestamp(stamp, UTC)


def forget() -> None:
    _enqueued.clear()
    HUEY.flush()
