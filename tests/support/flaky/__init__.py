"""Database backends whose COMMIT fails now and then: before it happened, or after it, when nobody can know.

As in Temporal's fault injection (common/persistence/faultinjection): ENGINE "tests.support.flaky.sqlite3" or
"tests.support.flaky.postgresql", the share of commits that fail either way in FLAKY_COMMITS.
"""

from __future__ import annotations

import os
import random
from typing import Any

from django.db import OperationalError

SPARED = 5
"""The first commits of a process are left alone: it must come up."""


class FlakyCommits:
    share = float(os.environ.get("FLAKY_COMMITS", "0"))
    chance = random.Random(os.environ.get("FLAKY_SEED"))
    commits = 0

    def _commit(self) -> Any:
        FlakyCommits.commits += 1
        roll = self.chance.random() if FlakyCommits.commits > SPARED else 0.5
        if roll < self.share:
            raise OperationalError("flaky: the connection broke before COMMIT")
        super()._commit()  # type: ignore[misc]
        if roll > 1 - self.share:
            raise OperationalError("flaky: the connection broke after COMMIT")
