"""One file a page; every view passes the gate of ``access.py``."""

from __future__ import annotations
