"""What error trackers do: at the first error they start a thread, which sends it and stays, or leaves at the second."""

from __future__ import annotations

import logging
import threading


class Tracker(logging.StreamHandler):
    def __init__(self, leaves: bool) -> None:
        super().__init__()
        self.leaves, self.end = leaves, threading.Event()
        self.thread = threading.Thread(target=self.end.wait, name="tracker", daemon=True)

    def emit(self, record: logging.LogRecord) -> None:
        super().emit(record)
        if record.levelno < logging.ERROR:
            return
        if self.thread.ident is None:
            self.thread.start()
        elif self.leaves:
            self.end.set()
            self.thread.join()
