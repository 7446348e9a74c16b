"""How many statements a page costs beside the shared picture of the queue, which is made at most once a second."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.selectors import snapshot

OF_THE_TEST = ("SAVEPOINT", "statement_timeout")
"""A page in a transaction of its test sets savepoints, and on PostgreSQL a deadline for each."""


@contextmanager
def few_statements(limit: int = 12) -> Iterator[None]:
    """Fail when the block asks the database for more than ``limit`` things."""
    snapshot.current()
    with CaptureQueriesContext(connection) as captured:
        yield
    asked = [each["sql"] for each in captured if not any(word in each["sql"] for word in OF_THE_TEST)]
    assert len(asked) <= limit, asked
