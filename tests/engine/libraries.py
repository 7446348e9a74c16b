"""A library as pip installs one, which keeps a thread of its own as error trackers do."""

from __future__ import annotations

from pathlib import Path

TRACKER = """
import threading
import time

over = threading.Event()
threads = []


def look_around():
    while not over.is_set():
        time.sleep(0.01)


def start():
    if not threads:
        threads.append(threading.Thread(target=look_around, daemon=True))
        threads[0].start()
    return threads[0]


def later():
    threads.append(threading.Timer(600, look_around))
    threads[-1].start()
    return threads[-1]
"""


def library(home: Path, name: str) -> Path:
    """Return the folder to import ``name`` from."""
    folder = home / "site-packages"
    folder.mkdir()
    (folder / f"{name}.py").write_text(TRACKER)
    return folder
