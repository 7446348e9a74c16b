"""A host project's package, as the tests' tasks name it."""

from __future__ import annotations
