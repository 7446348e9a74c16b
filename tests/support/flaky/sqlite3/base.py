from __future__ import annotations

from django.db.backends.sqlite3 import base

from tests.support.flaky import FlakyCommits


class DatabaseWrapper(FlakyCommits, base.DatabaseWrapper):
    pass
