"""The test settings with a log handler that raises, when a task has failed, what no worker expects."""

from __future__ import annotations

import logging

from tests.settings import *  # noqa: F403


class Harm(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage().startswith("failed "):
            raise RuntimeError("handler on purpose")


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"harm": {"()": Harm}, "lines": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["lines", "harm"], "level": "INFO"},
}
