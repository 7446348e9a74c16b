"""The statements that all databases share. Every status in them comes from the table of moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from django_simple_queue.models import OperatorAction, QueuePause, Task, Worker
from django_simple_queue.models.transitions import MOVES

TASK = Task._meta.db_table
WORKER = Worker._meta.db_table
ACTION = OperatorAction._meta.db_table
PAUSE = QueuePause._meta.db_table
LIVE = ", ".join(f"'{state.value}'" for state in Worker.LIVE_STATES)
ACTIVE = ", ".join(f"'{state.value}'" for state in OperatorAction.ACTIVE)

(QUEUED,), (PROGRESS,) = MOVES["claim"][:2]
COMPLETED, CANCELLED = MOVES["complete"].targets
FAILED, AGAIN, _ = MOVES["fail"].targets
RELEASED, _ = MOVES["release"].targets

ORDER = "priority DESC, run_after, id"
CLAIMED = "id, epoch, attempt, max_attempts, task, args, positional, timeout, queue, priority, run_after"


class Statements(NamedTuple):
    """``ends`` has one UPDATE for each verb, up to its WHERE; ``claim`` sets what a claim sets."""

    ends: dict[str, str]
    claim: str
    claimable: str
    fence: str
    live: str
    lapsed: str
    waiting: str
    running: str
    paused: str
    scheduled: str
    until: str


def needs(sql: Statements, worker: str, promote_index: str = "", running_index: str = "") -> str:
    """Return the SELECT behind Needs of ``worker``; an index clause goes in where a planner must be told.

    An ORDER BY tells it elsewhere: in an EXISTS it would be dropped, and the whole table could be read.
    """
    wait = next_wait(sql, promote_index)
    known = f"SELECT 1 FROM {WORKER} WHERE {WORKER}.id = {TASK}.worker AND state IN ({LIVE})"
    return (
        f"SELECT {wait}, "
        f"EXISTS (SELECT 1 FROM {WORKER} WHERE {sql.lapsed}), "
        f"EXISTS (SELECT 1 FROM {TASK} {running_index} "
        f"WHERE {sql.running} AND worker IS NOT NULL AND NOT EXISTS ({known})), "
        f"EXISTS (SELECT 1 FROM {ACTION} WHERE state IN ({ACTIVE})), "
        f"(SELECT state FROM {WORKER} WHERE id = {worker})"
    )


def look(sql: Statements, some: str, promote_index: str = "") -> str:
    """Return the SELECT behind Look: whether ``some`` finds a row, and when the next one's time comes."""
    return f"SELECT ({some.format(limit=1)}) IS NOT NULL, {next_wait(sql, promote_index)}"


def next_wait(sql: Statements, index: str) -> str:
    return f"(SELECT {sql.until} FROM {TASK} {index} WHERE {sql.scheduled} ORDER BY run_after LIMIT 1)"


def ripe(sql: Statements, also: str = "", promote_index: str = "") -> str:
    """Return the SELECT of one row, for which ``also`` holds, whose time has come and that waits for its promotion."""
    return f"SELECT 1 FROM {TASK} {promote_index} WHERE {sql.waiting} {also} ORDER BY run_after LIMIT 1"


def count(some: str, most: str) -> str:
    """Return the SELECT of how many rows ``some`` finds; at most ``most``."""
    return f"SELECT COUNT(*) FROM ({some.format(limit=most)}) AS found"


def firsts(sql: Statements, index: str = "") -> str:
    """Return the SELECT of the first row of each queue and priority, step by step down the index of a claim."""
    some = f"SELECT id FROM {TASK} {index} WHERE {sql.claimable}"
    first = f"ORDER BY queue, {ORDER} LIMIT 1"
    below = f"{some} AND queue = here.queue AND priority < here.priority {first}"
    return (
        f"WITH RECURSIVE step (id) AS (SELECT ({some} {first}) UNION ALL "
        f"SELECT COALESCE(({below}), ({some} AND queue > here.queue {first})) "
        f"FROM step CROSS JOIN {TASK} AS here WHERE here.id = step.id) "
        f"SELECT queue, run_after FROM step CROSS JOIN {TASK} AS here WHERE here.id = step.id"
    )


def longest_due(sql: Statements, firsts: str, promote_index: str = "") -> str:
    """Return the SELECT behind ``longest_due`` out of ``firsts``, and of what waits for its promotion."""
    return (
        f"SELECT queue, {sql.until} AS wait FROM (SELECT * FROM ({firsts}) AS due WHERE queue NOT IN ({sql.paused}) "
        f"UNION ALL SELECT * FROM ({soonest(sql, promote_index)}) AS soon) AS found ORDER BY wait LIMIT 1"
    )


def soonest(sql: Statements, promote_index: str = "") -> str:
    """Return the SELECT of the first row, of no paused queue, that waits for its promotion."""
    waiting = f"SELECT queue, run_after FROM {TASK} {promote_index} WHERE {sql.scheduled}"
    return f"{waiting} AND queue NOT IN ({sql.paused}) ORDER BY run_after LIMIT 1"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one database says what differs: ``value`` is a value of an ending, ``constant`` one of the whole turn."""

    now: str
    began: str
    ended: str
    hence: str
    due: str
    waits: str
    until: str
    value: Callable[[str], str]
    constant: Callable[[str], str]
    quote: str = '"'

    def statements(self) -> Statements:
        """Return the statements in this dialect."""
        failed = self._failed()
        return Statements(
            ends={"complete": self._completed(), "fail": failed, "interrupt": failed, "release": self._released()},
            claim=self._claimed(),
            claimable=f"status = {QUEUED} AND {self.due}",
            fence=(
                f"id = {self.value('id')} AND epoch = {self.value('epoch')} "
                f"AND status = {PROGRESS} AND worker = {self.constant('worker')}"
            ),
            lapsed=f"state IN ({LIVE}) AND lease_until <= {self.now}",
            waiting=f"status = {QUEUED} AND {self.waits} AND run_after <= {self.now}",
            scheduled=f"status = {QUEUED} AND {self.waits}",
            until=self.until,
            running=f"status = {PROGRESS}",
            live=f"state IN ({LIVE}) AND lease_until > {self.now}",
            paused=f"SELECT queue FROM {PAUSE} WHERE until IS NULL OR until > {self.now}",
        )

    def _claimed(self) -> str:
        release = f"{self.quote}release{self.quote} = {self.constant('release')}"
        return (
            f"status = {PROGRESS}, attempt = attempt + 1, epoch = epoch + 1, worker = {self.constant('worker')}, "
            f"{release}, worker_pid = NULL, started = {self.now}, modified = {self.now}, "
            "output = NULL, error = NULL, log = NULL, error_class = '', fingerprint = '', frames = '', "
            "progress = NULL, progress_message = '', finished = NULL, cancel_requested = NULL"
        )

    def _completed(self) -> str:
        status = f"CASE WHEN cancel_requested IS NULL THEN {COMPLETED} ELSE {CANCELLED} END"
        return f"{self._ran()}, worker_pid = {self.value('pid')}, status = {status}"

    def _failed(self) -> str:
        """MySQL sees the new values of columns to the left: what the conditions read must not be set before them."""
        value = self.value
        again = f"WHEN cancel_requested IS NULL AND attempt < max_attempts AND {value('retry')} THEN"
        said = ", ".join(f"{name} = {value(name)}" for name in ("error", "error_class", "fingerprint", "frames"))
        return (
            f"{self._ran()}, {said}, worker_pid = NULL, run_after = CASE {again} {self.hence} ELSE run_after END, "
            f"due = CASE {again} FALSE ELSE due END, "
            f"status = CASE {again} {AGAIN} WHEN cancel_requested IS NULL THEN {FAILED} ELSE {CANCELLED} END"
        )

    def _ran(self) -> str:
        kept = ", ".join(f"{name} = COALESCE({self.value(name)}, {name})" for name in ("output", "log"))
        return f"{kept}, started = COALESCE({self.began}, started), finished = {self.ended}, modified = {self.now}"

    def _released(self) -> str:
        return (
            f"attempt = CASE WHEN attempt > 0 THEN attempt - 1 ELSE 0 END, worker = NULL, worker_pid = NULL, "
            f"started = NULL, modified = {self.now}, "
            f"finished = CASE WHEN cancel_requested IS NULL THEN NULL ELSE {self.now} END, "
            f"status = CASE WHEN cancel_requested IS NULL THEN {RELEASED} ELSE {CANCELLED} END"
        )
