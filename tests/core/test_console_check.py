"""A project with a package ``dashboard`` of its own is told that this is not the console, when it wants that."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.processes import ROOT

WANTED = ["django_htmx", "django_filters"]


@pytest.fixture
def checked(tmp_path):
    """What ``manage.py check`` says in a project with these apps and its own ``dashboard``."""
    (tmp_path / "dashboard").mkdir()
    (tmp_path / "dashboard/__init__.py").write_text("")

    def check(*apps, path=f"{tmp_path}:{ROOT}"):
        names = ["django.contrib.auth", "django.contrib.contenttypes", "django_simple_queue", *apps]
        (tmp_path / "shop_settings.py").write_text(f"INSTALLED_APPS = {names}\nSECRET_KEY = 'for a test'\n")
        command = [sys.executable, "-m", "django", "check", "--settings", "shop_settings"]
        answer = subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": path}, capture_output=True, text=True)
        return answer.stdout + answer.stderr

    return check


def test_a_package_of_that_name_is_told_with_its_place_and_the_way_out(checked, tmp_path):
    said = checked("dashboard", *WANTED)
    assert "simple_queue_dashboard.W001" in said
    assert str(tmp_path / "dashboard") in said
    assert "Rename your package" in said


@pytest.mark.parametrize("apps", [["dashboard"], WANTED, []])
def test_who_uses_the_queue_alone_hears_nothing(checked, apps):
    assert "System check identified" in checked(*apps)
    assert "simple_queue_dashboard" not in checked(*apps)


def test_the_console_itself_is_no_other_package(checked, tmp_path):
    (tmp_path / "dashboard/__init__.py").unlink()
    (tmp_path / "dashboard").rmdir()
    assert "simple_queue_dashboard.W001" not in checked("dashboard", *WANTED, path=f"{ROOT}:{tmp_path}")
