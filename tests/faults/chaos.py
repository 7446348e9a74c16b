"""Random harm by a seed that is printed, and what the ledger says about it afterwards."""

from __future__ import annotations

import os
import random
import time
from collections import Counter

from django.db import close_old_connections

from django_simple_queue.models import Task
from django_simple_queue.utils import create_tasks
from tests.engine.fleet import TASKS, Boot, Fleet, Ledger
from tests.support.waiting import wait_until


def seeded() -> random.Random:
    """A source of chance; SOAK_SEED=n makes the same choices again."""
    seed = int(os.environ.get("SOAK_SEED") or random.SystemRandom().randrange(2**32))
    print(f"SOAK_SEED={seed}")
    return random.Random(seed)


def enqueue_recorded(ledger: Ledger, chance: random.Random, count: int, longest: float, attempts: int) -> list[str]:
    """Tasks that take up to ``longest`` seconds and write their start and end into the ledger; their names."""
    names = [str(number) for number in range(count)]
    create_tasks(
        {
            "task": TASKS + "recorded",
            "args": {"ledger": ledger.path, "name": name, "seconds": round(chance.uniform(0, longest), 4)},
            "max_attempts": attempts,
        }
        for name in names
    )
    return names


def all_ended() -> bool:
    close_old_connections()
    Task.objects.retrying().start_now()
    return not Task.objects.filter(status__in=(Task.QUEUED, Task.PROGRESS)).exists()


def kill_at_random(
    fleet: Fleet, boots: list[Boot], chance: random.Random, kills: int, pause: tuple[float, float], **settings: object
) -> int:
    """Kill -9 one worker after another and start another in its place; return how many were killed before the end."""
    for done in range(kills):
        after = time.monotonic() + chance.uniform(*pause)
        wait_until(lambda after=after: time.monotonic() > after, 60, "the next kill is due")
        if all_ended():
            return done
        victim = chance.randrange(len(boots))
        boots[victim].kill()
        boots[victim] = fleet.start("--concurrency", "1", "-v", "0", **settings)
    return kills


def verdict(ledger: Ledger, names: list[str]) -> dict[str, int]:
    """What went wrong, by the ledger: lost, completed without having run, run twice at once."""
    started, ended = ledger.count("start"), ledger.count("end")
    completed = Task.objects.filter(status=Task.COMPLETED).count()
    return {
        "lost": len(names) - completed,
        "never run": len(set(names) - ended.keys()),
        "overlaps": len(overlaps(ledger.lines)),
        "extra starts": sum(started.values()) - len(names),
    }


def overlaps(lines: list[list[str]]) -> list[str]:
    """The tasks of which a run ended after another one had started, in the order of the ledger."""
    latest: dict[str, str] = {}
    found = []
    for what, name, pid in lines:
        if what == "start":
            latest[name] = pid
        elif latest[name] != pid:
            found.append(name)
    return found


def doubles() -> int:
    """Tasks with more endings than claims: an ending that was accepted twice would leave a trace here."""
    rows = Task.objects.values_list("id", "epoch", "status")
    kept = Counter(Task.objects.filter(attempts__isnull=False).values_list("id", flat=True))
    return sum(kept[pk] + (status == Task.COMPLETED) > epoch for pk, epoch, status in rows)
