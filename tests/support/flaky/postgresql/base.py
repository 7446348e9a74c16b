from __future__ import annotations

from django.db.backends.postgresql import base

from tests.support.flaky import FlakyCommits


class DatabaseWrapper(FlakyCommits, base.DatabaseWrapper):
    pass
