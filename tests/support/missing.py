from __future__ import annotations

import os
from typing import NoReturn

import pytest

REQUIRE_ALL = os.environ.get("REQUIRE_ALL") == "1"


def cannot_run(reason: str) -> NoReturn:
    """Skip the test for what this machine lacks; with REQUIRE_ALL=1 that is a failure."""
    if REQUIRE_ALL:
        pytest.fail(reason)
    pytest.skip(reason)
