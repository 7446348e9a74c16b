"""Writes to a SQLite database, told of by the kernel."""

from __future__ import annotations

import pytest
from django.db import connection

from tests.engine.sleeper import elsewhere, pay

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite]


def test_our_own_writes_ring_nothing(sleeper):
    worker = sleeper()
    pay()
    for _ in range(10):
        worker.listen()
    assert worker.work == 0
    elsewhere(pay)
    worker.hears_work()


def test_a_broken_connection_rings_so_that_the_next_question_tells(sleeper):
    worker = sleeper()
    connection.connection.close()
    elsewhere(pay)
    worker.hears_work()
    worker.bell.down()
    connection.close()
