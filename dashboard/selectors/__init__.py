"""Read-only pictures of the queue for the pages of the console."""

from __future__ import annotations
