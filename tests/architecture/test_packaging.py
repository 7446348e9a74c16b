"""What the wheel must hold, read from pyproject.toml without a build."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.support.source import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
WHEEL = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
OF_THE_PROJECT = {"templates/500.html"}


def files(folder: str) -> list[str]:
    found = (path for path in (ROOT / folder).rglob("*") if path.is_file())
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


@pytest.mark.parametrize("folder", ["templates", "static"])
def test_every_template_and_static_file_has_an_owner_in_the_wheel(folder):
    shipped = tuple(f"{source}/" for source in WHEEL["force-include"])
    assert [path for path in files(folder) if path not in OF_THE_PROJECT and not path.startswith(shipped)] == []


def test_every_owner_folder_exists_and_lands_in_a_package_that_django_searches():
    for source, target in WHEEL["force-include"].items():
        package, folder, owner = Path(target).parts
        assert (ROOT / source).is_dir(), source
        assert (folder, owner) == Path(source).parts
        assert package in WHEEL["packages"]


def test_the_runnable_project_stays_out_of_the_wheel():
    assert "dashboard/project" in WHEEL["exclude"]


def test_the_queue_itself_asks_for_nothing_but_what_is_declared():
    names = {requirement.partition(">")[0].lower() for requirement in PYPROJECT["project"]["dependencies"]}
    assert names == {"django", "django-filter", "django-htmx", "whitenoise"}
