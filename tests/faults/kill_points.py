"""The points at which a worker, or its guard, kills itself; installed by the settings tests.faults.with_kill_point."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any, NamedTuple

from django.apps import AppConfig


class Point(NamedTuple):
    """``owner.name`` is called and ``when`` is true of its arguments: the process dies, before or after it."""

    owner: Any
    name: str
    when: Callable[..., object] = lambda *args, **kwargs: True
    after: bool = False


def points() -> dict[str, Point]:
    from django_simple_queue.engine import janitor, store
    from django_simple_queue.engine.farewell import Farewell
    from django_simple_queue.engine.guard import Guard
    from django_simple_queue.engine.parent import Parent
    from django_simple_queue.engine.store import history

    return {
        "registered": Point(Parent, "register", after=True),
        "claimed": Point(Parent, "claimed", lambda parent, turn, *rest: turn.claimed),
        "result not written": Point(store, "turn", lambda worker, endings, *rest: endings),
        "written, not committed": Point(history, "record", lambda worker, endings, ended: ended, after=True),
        "committed": Point(Parent, "settled", lambda parent, batch, turn: batch),
        "heartbeat": Point(store, "renew", after=True),
        "reaping": Point(janitor, "settle"),
        "leaving": Point(Farewell, "in_peace"),
        "guard, before a fork": Point(Guard, "fork", first_of_many),
        "guard, after a fork": Point(Guard, "fork", first_of_many, after=True),
    }


def first_of_many(guard: Any) -> bool:
    """Once: the guard that takes its place must live."""
    try:
        os.close(os.open(os.environ["KILL_ONCE"], os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


class KillPoints(AppConfig):
    name = "tests.faults"
    label = "kill_points"

    def ready(self) -> None:
        point = points()[os.environ["KILL_POINT"]]
        original = getattr(point.owner, point.name)

        def deadly(*args: Any, **kwargs: Any) -> Any:
            dies = point.when(*args, **kwargs)
            if dies and not point.after:
                os.kill(os.getpid(), signal.SIGKILL)
            answer = original(*args, **kwargs)
            if dies:
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        setattr(point.owner, point.name, deadly)
