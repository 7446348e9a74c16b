"""What a command says of a database that is in no state to answer it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error, InterfaceError, OperationalError

from django_simple_queue.models.complaints import is_not_migrated
from django_simple_queue.text import in_one_line


class AskingCommand(BaseCommand):
    """Says in one sentence that the database is not migrated, or does not answer; ``--traceback`` shows the rest."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except Error as error:
            if sentence := in_words(error):
                raise CommandError(f"{sentence}: {in_one_line(error)}") from error
            raise


def in_words(error: Exception) -> str:
    """Return why the database does not say what was asked, "" when it is none of the usual reasons."""
    if is_not_migrated(error):
        return 'The database is not migrated, run "manage.py migrate"'
    return "The database does not answer" if isinstance(error, (InterfaceError, OperationalError)) else ""
