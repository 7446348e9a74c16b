"""The console keeps no tables of its own yet; its state is the queue's."""

from __future__ import annotations
