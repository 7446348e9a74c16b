from __future__ import annotations

from tests.engine.conftest import fleet, ledger

__all__ = ["fleet", "ledger"]
