"""Run the SQLite pass on the other supported Pythons here, one with Django 6.0: python -m tests.support.matrix."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OTHERS = [f"3.{minor}" for minor in (11, 12, 13, 14) if minor != sys.version_info.minor]
INSTEAD = {"3.12": "django60"}
"""A Django between the oldest, which Python 3.11 has, and the newest, which all others have."""


def main() -> int:
    found = {version: python for version in OTHERS if (python := interpreter(version))}
    print(f"Found: {', '.join(found) or 'no other Python'}; not here: {', '.join(sorted(set(OTHERS) - set(found)))}")
    return max((run(version, python) for version, python in found.items()), default=0)


def interpreter(version: str) -> str | None:
    """A program that really is this Python: a shim on PATH may stand for a version that is switched off."""
    pyenv = sorted((Path.home() / ".pyenv/versions").glob(f"{version}.*/bin/python"))
    for candidate in filter(None, [shutil.which(f"python{version}"), *map(str, pyenv)]):
        if subprocess.run([candidate, "--version"], capture_output=True).returncode == 0:
            return candidate
    return None


def run(version: str, python: str) -> int:
    venv = ROOT / ".cache" / f"venv-{version}"
    own = venv / "bin" / "python"
    if not own.exists():
        subprocess.run([python, "-m", "venv", venv], check=True)
    for name in filter(None, ["dev", INSTEAD.get(version)]):
        pinned = ["--require-hashes", "--requirement", f"requirements/{name}.txt"]
        subprocess.run([own, "-m", "pip", "install", "--quiet", *pinned], cwd=ROOT, check=True)
    subprocess.run(
        [own, "-c", "import sys, django; print('Python', sys.version.split()[0], 'Django', django.__version__)"]
    )
    return subprocess.run([own, "-m", "tests.support.suite", "sqlite"], cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
