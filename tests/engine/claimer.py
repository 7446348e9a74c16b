"""python -m tests.engine.claimer LEDGER BATCH: claim and complete until nothing is due; one line for each claim."""

from __future__ import annotations

import sys

import django


def main(ledger: str, batch: int) -> None:
    django.setup()
    from django_simple_queue.engine import store
    from tests.engine.storing import completed, live_worker

    worker, endings = live_worker(), []
    with open(ledger, "a", buffering=1) as lines:
        while True:
            turn = store.turn(worker.pk, endings, batch)
            if not turn.claimed:
                return
            assert len(turn.ended) == len(endings)
            lines.writelines(f"{claimed.id} {claimed.epoch}\n" for claimed in turn.claimed)
            endings = [completed(claimed) for claimed in turn.claimed]


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
