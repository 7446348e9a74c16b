from __future__ import annotations

import pytest

from dashboard.selectors import search, snapshot
from dashboard.selectors.trouble import trouble


@pytest.fixture(autouse=True)
def fresh_snapshot():
    """The process keeps its picture of the queue for a second, its troubles for five; each test begins without one."""
    forget()
    yield
    forget()


def forget():
    snapshot.memory.forget()
    trouble.forget()


@pytest.fixture(autouse=True)
def time_to_search():
    """What a search finds in these tests does not hang on how busy the machine is."""
    usual, search.SECONDS = search.SECONDS, 30.0
    yield
    search.SECONDS = usual
