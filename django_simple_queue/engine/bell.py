"""How a sleeping worker hears of work. Polling is the net under every bell, and all there is without one."""

from __future__ import annotations

import selectors
from collections.abc import Sequence

from django_simple_queue.engine import store
from django_simple_queue.engine.clock import FOREVER
from django_simple_queue.engine.filewatch import FileBell
from django_simple_queue.engine.listen import ListenBell


class Bell:
    """Belongs to one connection after the other: ``hang`` it on a new one, take it ``down`` before that is closed.

    ``work`` and ``cancel`` are what has been heard since they were read last.
    """

    def __init__(self, selector: selectors.BaseSelector, queues: Sequence[str]) -> None:
        self.selector, self.queues = selector, queues
        self.bell: ListenBell | FileBell | None = None
        self.descriptor: int | None = None

    @property
    def rings(self) -> bool:
        """Whether work is heard of without asking."""
        return self.bell is not None

    def hang(self) -> None:
        self.down()
        connection = store.connection()
        if connection.vendor == "postgresql":
            self.bell = ListenBell.on(connection, self.queues)
        elif connection.vendor == "sqlite":
            self.bell = FileBell.on(connection)
        if self.bell is not None:
            self.descriptor = self.bell.fileno()
            self.selector.register(self.descriptor, selectors.EVENT_READ, self.bell.read)

    def down(self) -> None:
        if self.bell is None or self.descriptor is None:
            return
        self.selector.unregister(self.descriptor)
        self.bell.close()
        self.bell = self.descriptor = None

    def heard(self, now: float) -> tuple[bool, bool]:
        """Return whether there may be work, and whether runs may have to be cancelled; call it before sleeping."""
        return (False, False) if self.bell is None else self.bell.heard(now)

    @property
    def look_at(self) -> float:
        """When ``heard`` wants to be called again."""
        return FOREVER if self.bell is None else self.bell.look_at
