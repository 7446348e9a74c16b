"""Tasks that may be claimed, in the words and by the indexes of the claim; never more of them than are asked for."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.selectors.scalars import stepping, table, vendor
from dashboard.statements import rows
from django_simple_queue.models.states import DUE_SQL


def due_queues(most: int) -> Sequence[str]:
    """Step from queue to queue by the index: as many looks as there are queues, whatever waits in them."""
    sql = f"{stepping('queue', source(), condition())} SELECT queue FROM step WHERE queue IS NOT NULL LIMIT {most}"  # noqa: S608
    return [str(queue) for (queue,) in rows(sql)]


def next_of_queue(columns: str, most: int) -> str:
    """Return SQL for the next tasks of a queue, which is its parameter, in the order of the claim."""
    where = f"{condition()} AND queue = %s ORDER BY priority DESC, run_after, id LIMIT {most}"
    return f"SELECT {columns} FROM {source()} WHERE {where}"  # noqa: S608


def source() -> str:
    return table("dsq_claim_queue")


def condition() -> str:
    """Literal conditions let partial indexes fit."""
    return f"status = 0 AND {DUE_SQL[vendor()][0]}"
