"""A fresh database for a measurement, and a step of it in a Python of its own: settings are read once a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.postgres import PostgresCluster

ROOT = Path(__file__).resolve().parents[1]
DATABASES = ("sqlite", "postgresql")
OURS, CONSOLE = "benchmarks.contenders.settings_ours", "benchmarks.settings_console"


@contextmanager
def databases(kinds: list[str], **options: object) -> Iterator[dict[str, str]]:
    """The address of an empty database of each kind."""
    with tempfile.TemporaryDirectory() as folder:
        urls = {"sqlite": f"sqlite:///{folder}/bench.sqlite3"}
        if "postgresql" not in kinds:
            yield {kind: urls[kind] for kind in kinds}
            return
        with PostgresCluster(durable=True, **options) as cluster:
            urls["postgresql"] = cluster.create_database("bench")
            yield {kind: urls[kind] for kind in kinds}


def environment(url: str, settings: str = OURS) -> dict[str, str]:
    return os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": settings, "PYTHONPATH": str(ROOT)}


def inside(module: str, url: str, *arguments: object, settings: str = OURS) -> Any:
    """What ``module.inside`` returns in a Django project on that database."""
    command = [sys.executable, "-m", "benchmarks.places", module, *map(str, arguments)]
    done = subprocess.run(command, env=environment(url, settings), cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command[1:])} failed.")
    return json.loads(done.stdout.splitlines()[-1])


def manage(url: str, *arguments: str, settings: str = OURS) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "django", *arguments]
    return subprocess.Popen(command, env=environment(url, settings), cwd=ROOT, stdout=subprocess.DEVNULL)


def main(module: str, *arguments: str) -> None:
    from importlib import import_module

    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    print(json.dumps(import_module(module).inside(*arguments)))


if __name__ == "__main__":
    main(*sys.argv[1:])
