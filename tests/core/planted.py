"""A module that shows that it has been imported, for tests of what must not be."""

from __future__ import annotations

import os

if marker := os.environ.get("PLANTED_MARKER"):
    with open(marker, "a") as file:
        file.write("imported\n")


def run() -> str:
    return "ran"


class Runner:
    def __call__(self) -> None: ...


runner = Runner()
VALUE = 7
