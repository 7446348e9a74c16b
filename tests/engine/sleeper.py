"""What a worker does while nothing is due: it sleeps on its selector, and listens."""

from __future__ import annotations

import selectors
import threading
from collections.abc import Callable

from django.db import connection

from django_simple_queue.engine import clock
from django_simple_queue.engine.bell import Bell
from django_simple_queue.utils import create_task
from tests.support.waiting import wait_until


class Sleeper:
    def __init__(self, *queues: str) -> None:
        self.selector = selectors.DefaultSelector()
        self.bell = Bell(self.selector, queues)
        self.work = self.cancel = 0

    def listen(self) -> None:
        for key, _ in self.selector.select(0.01):
            key.data()
        work, cancel = self.bell.heard(clock.now())
        self.work += work
        self.cancel += cancel

    def hears_work(self, what: str = "the bell rings") -> None:
        heard = self.work
        wait_until(lambda: self.listen() or self.work > heard, 10, what)


def elsewhere(work: Callable[[], object]) -> None:
    """Do it on another connection, as another process would."""

    def on_a_connection_of_its_own() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=on_a_connection_of_its_own)
    thread.start()
    thread.join(30)
    assert not thread.is_alive()


def pay() -> None:
    create_task("shop.tasks.pay", {})
