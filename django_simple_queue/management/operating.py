"""What the commands share that pause, resume and drain: who asks, and what is said of each."""

from __future__ import annotations

import getpass
import socket
from abc import ABC, abstractmethod
from argparse import ArgumentParser
from collections.abc import Callable, Iterable
from typing import Any

from django.core.management.base import CommandError

from django_simple_queue.management.answers import AskingCommand
from django_simple_queue.models import OperatorAction


class OperatingCommand(ABC, AskingCommand):
    """Does ``verb`` to each target and prints ``sentence`` of it; what is not possible is said at the end."""

    verb: Callable[..., OperatorAction]
    sentence: str
    asks_why = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        self.add_targets(parser)
        if self.asks_why:
            parser.add_argument("--reason", required=True, help="Why; the console shows it to others.")
        help_text = "Who asks for it, as pages and Activity show it (%(default)s)."
        parser.add_argument("--by", default=account(), help=help_text)

    def handle(self, *args: Any, **options: Any) -> None:
        details = self.details(options)
        problems = []
        for target, name in self.targets(options):
            try:
                self.verb(target, **details)
            except ValueError as error:
                problems.append(str(error))
            else:
                self.stdout.write(self.sentence.format(name))
        if problems:
            raise CommandError("\n".join(problems))

    def details(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return what the verb is to know besides its target."""
        return {"actor": options["by"]} | ({"reason": options["reason"]} if self.asks_why else {})

    @abstractmethod
    def add_targets(self, parser: ArgumentParser) -> None:
        """Let the command line name what the verb is done to."""

    @abstractmethod
    def targets(self, options: dict[str, Any]) -> Iterable[tuple[object, str]]:
        """Return what the verb is done to, each with its name in the sentence."""


def account() -> str:
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (KeyError, OSError):
        return socket.gethostname()
