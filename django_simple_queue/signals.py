"""Signals of a task's life, sent in the process that runs the task (``sender`` is the ``Task`` class).

Receivers are called by ``send_robust``: one that raises is logged and changes nothing. ``on_success`` and
``on_failure`` come after the ending is durable, at most once, and not at all when the machine dies in between.
"""

from __future__ import annotations

from django.dispatch import Signal


def has_receivers(signal: Signal, sender: type) -> bool:
    """Tell whether anybody listens; cheap while nobody does, which is asked several times for every task."""
    return bool(signal.receivers) and bool(signal.has_listeners(sender))


before_job = Signal()
"""A run begins. Arguments: ``task``."""

on_success = Signal()
"""The task is COMPLETED. Arguments: ``task``."""

on_failure = Signal()
"""The task is FAILED. Arguments: ``task``, ``error`` (the exception, or None when the run's process is gone)."""

before_loop = Signal()
"""A generator task is about to hand over a value. Arguments: ``task``, ``iteration`` (from 0)."""

after_loop = Signal()
"""A generator task handed over a value. Arguments: ``task``, ``output`` (the value), ``iteration`` (from 0)."""
