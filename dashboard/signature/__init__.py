"""What a task takes: read from the callable's signature, its annotations and its docstring."""

from __future__ import annotations

from dashboard.signature.call import Call, describe

__all__ = ["Call", "describe"]
