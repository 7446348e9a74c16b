"""How fast the console's pages and polls are over a million tasks, through Django's test client."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import mode

from benchmarks import places
from benchmarks.report import percentiles

ROUNDS = 30
NAMED = "benchmarks.past.task_3"
WALKS = (
    "attempt=7",
    "duration=%3E10m",
    "has=error",
    "worker=00000000-0000-0000-0000-000000000001",
    "args=order_id%3D48213",
    "error=ConnectTimeout",
    "error=nowhere-to-be-found",
    f"queue=queue-2&task={NAMED}",
    "time=24h&queue=queue-2",
)


def measure(kinds: list[str]) -> None:
    print("| page, 1 M ended + 100 k future | p50 / p95 ms | queries (most) | KB | answer |\n|---|---|---|---|---|")
    with places.databases(kinds) as urls:
        for kind, url in urls.items():
            for name, times, queries, size, code in places.inside("benchmarks.pages", url, settings=places.CONSOLE):
                middle, high = percentiles(times)
                asked = f"{mode(queries)} ({max(queries)})"
                row = f"| {kind} {name} | {middle:.0f} / {high:.0f} | {asked} | {size / 1000:.0f} | {code} |"
                print(row, flush=True)


def inside() -> list[tuple[str, list[float], list[int], int, int]]:
    from django.contrib.auth import get_user_model
    from django.test import Client

    from benchmarks.fill import fill

    fill()
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("operator"))
    return [(path, *timed(client, path)) for path in paths()]


def timed(client, path: str) -> tuple[list[float], list[int], int, int]:
    """Milliseconds and queries of each round, after two that warm up; bytes of the last.

    Now and then a round is the one that renews the picture of the queue, and asks more.
    """
    from django.db import connection, reset_queries
    from django.test.utils import CaptureQueriesContext

    times, asked = [], []
    for _ in range(ROUNDS + 2):
        reset_queries()  # a full log counts no more
        with CaptureQueriesContext(connection) as queries:
            began = time.perf_counter()
            answer = client.get(path)
            times.append((time.perf_counter() - began) * 1000)
        asked.append(len(queries))
    return times[2:], asked[2:], len(answer.content), answer.status_code


def paths() -> Iterator[str]:
    from django.urls import reverse

    from django_simple_queue.models import Task

    home = reverse("simple_queue_dashboard:tasks")
    yield from (home, f"{home}?live=1")
    yield from (
        f"{home}?status={tab}" for tab in "queued scheduled retrying progress completed failed cancelled".split()
    )
    yield from (f"{home}?task={NAMED}", f"{home}?queue=queue-2", f"{home}?status=failed&task={NAMED}")
    yield from (f"{home}?q=order_id%3D48213", f"{home}?q=nowhere-to-be-found", f"{home}?status=failed&time=24h")
    yield from (f"{home}?{query}" for query in WALKS)
    old = Task.objects.filter(status=Task.COMPLETED).order_by("created")[0]
    failed = Task.objects.filter(status=Task.FAILED).order_by("-finished")[0]
    yield from (reverse("simple_queue_dashboard:task", args=[each.pk]) for each in (old, failed))
    for name in ("failures", "enqueue", "workers", "activity"):
        yield reverse(f"simple_queue_dashboard:{name}")
