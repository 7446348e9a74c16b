"""Enqueueing is part of the caller's transaction: what is rolled back never ran; nothing begins before the commit."""

from __future__ import annotations

import random

import pytest
from django.db import transaction

from django_simple_queue.models import Task
from django_simple_queue.utils import create_task
from tests.engine.fleet import TASKS, Fleet, Ledger
from tests.faults import chaos
from tests.support.waiting import wait_until

TRANSACTIONS, DEPTH = 500, 4
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


class Undone(Exception):
    """Rolls a block back."""


class Nesting:
    """Random blocks in blocks; `kept` are the names whose every block was kept."""

    def __init__(self, ledger: Ledger, chance: random.Random) -> None:
        self.ledger, self.chance = ledger, chance
        self.kept: set[str] = set()
        self.made = 0

    def whole(self) -> None:
        began = self.made
        try:
            with transaction.atomic():
                self.kept |= self.block(0)
                mine = set(map(str, range(began, self.made)))
                assert not mine & self.ledger.count("start").keys(), "a task began before its transaction was over"
                if self.chance.random() < 0.3:
                    self.kept -= mine
                    raise Undone
        except Undone:
            pass

    def block(self, depth: int) -> set[str]:
        """What is enqueued inside this block and not rolled back by one further in."""
        kept = {self.enqueue() for _ in range(self.chance.randrange(3))}
        while depth < DEPTH and self.chance.random() < 0.5:
            try:
                with transaction.atomic():
                    inner = self.block(depth + 1)
                    if self.chance.random() < 0.4:
                        raise Undone
                    kept |= inner
            except Undone:
                pass
        return kept

    def enqueue(self) -> str:
        name = str(self.made)
        self.made += 1
        task = create_task(TASKS + "recorded", {"ledger": self.ledger.path, "name": name})
        assert Task.objects.filter(pk=task).exists(), "the id is of no use inside the transaction"
        return name


def test_only_what_was_committed_runs(fleet: Fleet, ledger: Ledger) -> None:
    fleet.ready("--concurrency", "2")
    nesting = Nesting(ledger, chaos.seeded())
    for _ in range(TRANSACTIONS):
        nesting.whole()
    assert 0 < len(nesting.kept) < nesting.made
    wait_until(chaos.all_ended, 60, "every task has ended")
    assert set(ledger.count("end")) == nesting.kept
    assert Task.objects.count() == len(nesting.kept)
