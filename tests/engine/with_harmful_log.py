"""The test settings with a log handler that raises what no worker expects when the task fail is HARMFUL_WORD."""

from __future__ import annotations

import logging
import os

from tests.settings import *  # noqa: F403


class Harm(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        words = record.getMessage()
        if words.startswith(os.environ["HARMFUL_WORD"]) and " tests.tasks.fail " in words:
            raise RuntimeError("handler on purpose")


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"harm": {"()": Harm}, "lines": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["lines", "harm"], "level": "INFO"},
}
