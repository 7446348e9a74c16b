"""Whether a full table slows the queue: throughput beside a million ended rows, buffers that a claim reads."""

from __future__ import annotations

import json
from statistics import median

from benchmarks import places
from benchmarks.compare import trial
from benchmarks.peers import OURS
from benchmarks.report import spread

COUNT, BATCH = 20_000, 80


def measure(kinds: list[str], rounds: int = 5) -> None:
    print("| no-op tasks per second, 4 children | empty table | 1 M ended + 100 k future | time ratio |")
    print("|---|---|---|---|")
    for kind in kinds:
        rates: dict[bool, list[float]] = {False: [], True: []}
        for _ in range(rounds):
            for filled in rates:
                with places.databases([kind]) as urls:
                    extra = ["--filled"] if filled else []
                    rates[filled].append(trial({"DATABASE_URL": urls[kind]}, OURS, 4, "--throughput", COUNT, *extra))
        ratio = median(rates[False]) / median(rates[True])
        print(f"| {kind} | {spread(rates[False])} | {spread(rates[True])} | {ratio:.2f} |", flush=True)
    if "postgresql" in kinds:
        with places.databases(["postgresql"]) as urls:
            buffers = places.inside("benchmarks.backlog", urls["postgresql"])
        found, all_in_all = buffers["select"], buffers["claim"]
        print(f"\nA claim of {BATCH} reads {found:.1f} buffers a row to find them, {all_in_all:.1f} in all.")


def inside() -> dict[str, float]:
    """Buffers a row of PostgreSQL's claim: of the part that finds the rows, and with what the UPDATE writes."""
    from benchmarks.contenders.ours import enqueue
    from benchmarks.fill import fill

    fill()
    enqueue("noop", 5_000)
    plan = explained_claim()
    found = next(node for node in walk(plan) if node["Node Type"] == "LockRows")
    return {"select": buffers(found) / BATCH, "claim": buffers(plan) / BATCH}


def explained_claim() -> dict[str, object]:
    from uuid import uuid4

    from django.db import transaction

    from django_simple_queue.engine.store.postgresql_sql import FROM_ALL, claim_from
    from django_simple_queue.engine.store.vendors import opened

    statement = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {claim_from(FROM_ALL)}"
    with transaction.atomic():
        [(answer,)] = opened()._rows(statement, worker=uuid4(), release="", wanted=BATCH)
    return (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]


def walk(node):
    yield node
    for child in node.get("Plans", ()):
        yield from walk(child)


def buffers(node) -> int:
    return node["Shared Hit Blocks"] + node["Shared Read Blocks"]
