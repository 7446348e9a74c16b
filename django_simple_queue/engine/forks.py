"""What must not be there when the worker forks: open database connections and running threads."""

from __future__ import annotations

import threading

from django.db import connections


class CannotFork(Exception):
    """A child would inherit what it must not share; the text says what."""


def prepare_to_fork() -> None:
    """Close our database connections; raise CannotFork when one stays open or a thread is running."""
    for connection in connections.all(initialized_only=True):
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()
    require_no_connections()
    require_no_threads()


def require_no_connections() -> None:
    still_open = [entry.alias for entry in connections.all(initialized_only=True) if entry.connection is not None]
    if still_open:
        raise CannotFork(
            f"Database connections stay open: {', '.join(still_open)}. No child may share them: "
            "do not run the worker inside a transaction."
        )


def require_no_threads() -> None:
    others = [thread.name for thread in threading.enumerate() if thread is not threading.current_thread()]
    if others:
        raise CannotFork(
            f"The project started threads that a child process cannot take along: {', '.join(map(repr, others))}. "
            "Start them where they are used, not at import or in AppConfig.ready()."
        )
