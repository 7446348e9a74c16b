"""All claiming and finishing of workers: short transactions on the task table, fenced by (worker, epoch)."""

from __future__ import annotations

from django_simple_queue.engine.store.batches import last_words, turn
from django_simple_queue.engine.store.bookmarks import Bookmarks
from django_simple_queue.engine.store.lease import (
    answers,
    connection,
    covered,
    disconnect,
    key_of,
    leave,
    register,
    renew,
    session,
    tune,
)
from django_simple_queue.engine.store.live import keep_output, show
from django_simple_queue.engine.store.records import Claimed, Ending, Glimpse, Key, LeaseLost, NoAnswer, Renewal, Turn
from django_simple_queue.engine.store.vendors import prepare

__all__ = [
    "Bookmarks",
    "Claimed",
    "Ending",
    "Glimpse",
    "Key",
    "LeaseLost",
    "NoAnswer",
    "Renewal",
    "Turn",
    "answers",
    "connection",
    "covered",
    "disconnect",
    "keep_output",
    "key_of",
    "last_words",
    "leave",
    "prepare",
    "register",
    "renew",
    "session",
    "show",
    "tune",
    "turn",
]
