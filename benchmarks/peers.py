"""Who is compared, on what, and the environment of each: its own, installed from the package index."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.matrix import interpreter

ROOT = Path(__file__).resolve().parents[1]
COMMON = ("dj-database-url>=3", "psycopg[binary]>=3.2", "whitenoise>=6.9")
NEWER = ("3.13", "3.12")
"""Some peers need Python 3.12; where there is one, every contender runs on it."""


@dataclass(frozen=True, slots=True)
class Contender:
    """``module`` is in ``contenders``; ``stores`` are the places it is measured on."""

    label: str
    module: str
    stores: tuple[str, ...]
    packages: tuple[str, ...]
    needs_newer: bool = True


SQLITE, POSTGRESQL, REDIS = "sqlite", "postgresql", "redis"
OURS = Contender("ours", "ours", (SQLITE, POSTGRESQL), ("Django>=5.2",), needs_newer=False)
TASKS_DB = Contender(
    "django-tasks-db",
    "tasks_db",
    (SQLITE, POSTGRESQL),
    ("django-tasks-db>=0.13", "django-tasks>=0.12; python_version<'3.12'"),
    needs_newer=False,
)
OTHERS = (
    Contender("django-ox", "ox", (POSTGRESQL,), ("django-ox>=1.9",)),
    Contender("procrastinate", "procrastinate", (POSTGRESQL,), ("procrastinate[django]>=3.10",)),
    Contender("django-q2", "q2", (POSTGRESQL,), ("django-q2>=1.11",)),
    Contender("huey", "huey", (SQLITE, REDIS), ("huey>=3.3", "Django>=5.2", "redis>=5")),
)
CONTENDERS = {each.label: each for each in (OURS, TASKS_DB, *OTHERS)}


def newer_python() -> str | None:
    return next(filter(None, map(interpreter, NEWER)), None)


def python_of(contender: Contender) -> str:
    """The Python of the contender's own environment, made and filled when it is not there."""
    base = newer_python() or sys.executable
    place = ROOT / ".cache" / "bench" / contender.label
    python = place / "bin" / "python"
    if not (place / "complete").exists():
        print(f"Installing {contender.label} for {base} ...", file=sys.stderr, flush=True)
        subprocess.run([base, "-m", "venv", "--clear", place], check=True)
        quiet = ("--quiet", "--quiet", "--disable-pip-version-check")
        subprocess.run([python, "-m", "pip", "install", *quiet, *COMMON, *contender.packages], check=True)
        (place / "complete").touch()
    return str(python)


def version_of(contender: Contender, package: str) -> str:
    """The version of ``package`` in the contender's environment."""
    code = f"from importlib.metadata import version; print(version({package!r}))"
    done = subprocess.run([python_of(contender), "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def chosen(labels: list[str]) -> list[Contender]:
    """The contenders of these labels (none: all) that can run here; those that cannot are named."""
    wanted = [CONTENDERS[label] for label in labels or CONTENDERS]
    left_out = [each.label for each in wanted if each.needs_newer and newer_python() is None]
    if left_out:
        print(f"Without Python 3.12 there is no {', '.join(left_out)} here.", file=sys.stderr)
    return [each for each in wanted if each.label not in left_out]
