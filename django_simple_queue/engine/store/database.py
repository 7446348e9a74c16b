"""What a turn asks of a database; one module beside this one answers for each vendor."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper

from django_simple_queue import conf
from django_simple_queue.engine.store.bookmarks import Bookmarks
from django_simple_queue.engine.store.records import Claimed, Ending, Key

Ended = tuple[Key, int]


class Needs(NamedTuple):
    """Which chores have something to do, and the state of the worker that asks ("" when its row is gone).

    ``wait`` is in how many seconds the next promotion is due, if ever.
    """

    wait: float | None
    reap: bool
    sweep: bool
    act: bool
    state: str

    @property
    def promote(self) -> bool:
        return self.wait is not None and self.wait <= 0


class Look(NamedTuple):
    """Whether something may be claimed now, and in how many seconds the next row's time comes, if ever."""

    due: bool
    wait: float | None


class Opening(NamedTuple):
    """What a turn has brought so far: our row's state, the paused queues, the endings that were ours, what was claimed.

    ``asked``: the first group of queues has been claimed from already.
    """

    state: str
    paused: list[str]
    ended: list[Ended]
    claimed: list[Claimed]
    asked: bool


class Asks(NamedTuple):
    """What is asked in the same way of every database, in its own words: of all queues, and of some."""

    look: tuple[str, str]
    total: tuple[str, str]
    ripe: tuple[str, str]


class Database(ABC):
    asks: ClassVar[Asks]

    def __init__(self, connection: BaseDatabaseWrapper, bookmarks: Bookmarks) -> None:
        self.connection, self.bookmarks = connection, bookmarks
        self.release = conf.get_release()

    def look(self, queues: Sequence[str]) -> Look:
        """Tell, without a lock, whether a claim from ``queues`` (none: from any) has a chance."""
        due, wait = self._asked(self.asks.look, queues)[0]
        return Look(bool(due), None if wait is None else float(wait))

    def glance(self, worker: UUID, wanted: int, queues: Sequence[str]) -> tuple[Look, list[Claimed] | None]:
        """Look and, where one question can do both, claim; None where it takes a turn to claim."""
        return self.look(queues), None

    def open_turn(
        self, worker: UUID, endings: Mapping[str, Sequence[Ending]], wanted: int, queues: Sequence[str]
    ) -> Opening | None:
        """Hold the row of ``worker`` and write ``endings``, by verb; None when the row is not live."""
        held = self.hold(worker)
        if held is None:
            return None
        ended = [row for verb, group in endings.items() for row in self.end(worker, verb, group)]
        return Opening(*held, ended, [], asked=False)

    @abstractmethod
    def hold(self, worker: UUID) -> tuple[str, list[str]] | None:
        """Lock the live row of ``worker`` and return its state and the paused queues; None when it is not live."""

    @abstractmethod
    def end(self, worker: UUID, verb: str, endings: Sequence[Ending]) -> Iterable[Ended]:
        """Write ``endings``, all of one verb, and return the statuses of those that were still ours."""

    @abstractmethod
    def due_queues(self, most: int) -> list[str]:
        """Return the queues that are not paused and have something to claim; of more than ``most`` those that lead.

        The first ``most`` rows of all that there is to claim are theirs.
        """

    @abstractmethod
    def longest_due(self) -> tuple[str, float] | None:
        """Return the queue, not a paused one, of the row that is due longest, and for how many seconds.

        It may be one that nobody has promoted yet; when nothing is due, one whose time is to come, in -n seconds.
        """

    def count_due(self, queues: Sequence[str], most: int) -> int:
        """Return how many rows of ``queues`` (none: of all) may be claimed; ``most`` when there are more."""
        return int(self._asked(self.asks.total, queues, most=most)[0][0])

    def is_ripe(self, queues: Sequence[str]) -> bool:
        """Tell whether the time of a row of ``queues`` (none: of any) has come, and it waits for its promotion."""
        return bool(self._asked(self.asks.ripe, queues))

    @abstractmethod
    def claim(self, worker: UUID, wanted: int, queues: Sequence[str] | None) -> list[Claimed]:
        """Claim the first ``wanted`` tasks of ``queues`` together, or of all when that is None."""

    @abstractmethod
    def choose(self, wanted: int, queues: Sequence[str] | None, aside: Collection[Any]) -> list[Any]:
        """Return the keys of what ``claim`` would take, in its order, would it pass over those ``aside``."""

    @abstractmethod
    def take(self, worker: UUID, keys: Sequence[Any]) -> list[Claimed]:
        """Claim those of the ``keys`` chosen that still can be."""

    @abstractmethod
    def needs(self, worker: UUID) -> Needs:
        """Look, in one statement and without a lock, which chores have something to do and how ``worker`` stands."""

    @abstractmethod
    def promote(self, limit: int) -> int:
        """Let the first ``limit`` rows whose time has come be claimed, and return how many they were."""

    def name_odd_rows(self) -> int:
        """Give rows whose id is none another one, and return how many they were; only SQLite takes such a row."""
        return 0

    def _asked(self, statements: tuple[str, str], queues: Sequence[str], **parameters: Any) -> list[Any]:
        of_all, of_some = statements
        if not queues:
            return self._rows(of_all, **parameters)
        return self._rows(of_some, queues=self._names(queues), **parameters)

    @abstractmethod
    def _names(self, queues: Sequence[str]) -> Any:
        """Return the names as a statement takes them."""

    @abstractmethod
    def _rows(self, statement: str, **parameters: Any) -> list[Any]:
        """Return what ``statement`` brings."""


def fields_of(ending: Ending) -> dict[str, Any]:
    """Return the values of an ending by the names that its statement has for them."""
    known = {
        "id": ending.id,
        "epoch": ending.epoch,
        "output": ending.output,
        "log": ending.log,
        "pid": ending.worker_pid,
        "ran": ending.ran_seconds,
        "waited": ending.waited_seconds,
    }
    if ending.fails:
        known |= failure_of(ending) | {"retry": ending.retry, "delay": ending.delay or 0.0}
    return known


def failure_of(ending: Ending) -> dict[str, str]:
    failure = ending.failure
    return {
        "error": failure.error,
        "error_class": failure.error_class,
        "fingerprint": failure.fingerprint(ending.task),
        "frames": failure.frames,
    }


def waited(rows: Sequence[tuple[str, Any]]) -> tuple[str, float] | None:
    """Return the answer to ``longest_due`` out of queues and waits; a wait of None is for a time that is none."""
    found = ((queue, -float(wait)) for queue, wait in rows if wait is not None)
    return max(found, key=itemgetter(1), default=None)
