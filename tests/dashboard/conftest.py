from __future__ import annotations

import pytest

from dashboard.selectors import snapshot


@pytest.fixture(autouse=True)
def fresh_snapshot():
    """The process keeps its picture of the queue for a second; each test begins without one."""
    snapshot.memory.forget()
    yield
    snapshot.memory.forget()
