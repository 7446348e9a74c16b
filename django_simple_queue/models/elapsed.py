"""The time between two moments, as each database tells it by itself."""

from __future__ import annotations

from typing import Any

from django.db.models import DurationField, ExpressionWrapper


class Elapsed(ExpressionWrapper):  # type: ignore[type-arg]
    """How long it is from ``earlier`` to ``later``, to the microsecond."""

    def __init__(self, later: Any, earlier: Any) -> None:
        super().__init__(later - earlier, output_field=DurationField())

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Django subtracts in Python, which SQLite then calls for each row; its own functions take a fifth of that."""
        parts = [compiler.compile(each) for each in self.expression.get_source_expressions()]
        sql = " - ".join(microseconds(moment) for moment, _ in parts)
        return f"({sql})", [param for _, params in parts for param in (*params, *params)]


def microseconds(moment: str) -> str:
    """Whole seconds and the rest are read apart: SQLite rounds a moment to milliseconds, to the next second too."""
    rest = f"CAST(SUBSTR(SUBSTR({moment}, 21) || '000000', 1, 6) AS INTEGER)"
    return f"(STRFTIME('%%s', SUBSTR({moment}, 1, 19)) * 1000000 + {rest})"
