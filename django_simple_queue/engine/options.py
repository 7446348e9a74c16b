from __future__ import annotations

import os
import socket
from dataclasses import dataclass

from django_simple_queue import __version__, conf
from django_simple_queue.models import Worker


@dataclass(frozen=True, slots=True)
class Options:
    """``queues`` empty: all of them; ``max_tasks`` None: no end; ``burst``: leave when nothing is due."""

    slots: int
    queues: tuple[str, ...] = ()
    burst: bool = False
    max_tasks: int | None = None

    def new_worker(self) -> Worker:
        return Worker(
            host=socket.gethostname()[:255],
            pid=os.getpid(),
            queues=",".join(self.queues),
            slots=self.slots,
            version=__version__,
            release=conf.get_release(),
        )
