"""What a worker needs before it forks: no open database connection, no running thread, room for open files."""

from __future__ import annotations

import resource
import threading

from django.db import connections

FILES_A_CHILD = 8
"""Those that the parent holds for each, rounded up; the guard holds fewer."""
CHILDREN_A_SLOT = 4
"""One on duty, the spare one that takes its place, and those that are just leaving; never more."""
OTHER_FILES = 128


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


def allow_open_files(slots: int) -> None:
    """Raise this process's limit of open files to what ``slots`` children take; CannotFork when that is not allowed."""
    needed = OTHER_FILES + slots * CHILDREN_A_SLOT * FILES_A_CHILD
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise CannotFork(
            f"--concurrency {slots} takes up to {needed} open files, and this process may have {hard}. "
            "Raise its limit (ulimit -Hn, LimitNOFILE= of systemd), or start several workers."
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
