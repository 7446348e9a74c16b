from __future__ import annotations

import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from dashboard.project import env
from tests.support.processes import ROOT, environment


@pytest.mark.parametrize(("value", "meaning"), [("1", True), ("Yes", True), ("off", False), ("0", False), ("", False)])
def test_a_flag_is_yes_or_no(monkeypatch, value, meaning):
    monkeypatch.setenv("DEBUG", value)
    assert env.flag("DEBUG", default=not meaning) is meaning


def test_a_flag_that_is_neither_says_what_to_write(monkeypatch):
    monkeypatch.setenv("DEBUG", "maybe")
    with pytest.raises(ImproperlyConfigured, match="DEBUG='maybe' is neither yes nor no: use DEBUG=1 or DEBUG=0"):
        env.flag("DEBUG")


def test_a_number_that_is_none_is_quoted(monkeypatch):
    monkeypatch.setenv("CONN_MAX_AGE", "1m")
    with pytest.raises(ImproperlyConfigured, match="CONN_MAX_AGE='1m' is not a whole number"):
        env.number("CONN_MAX_AGE", 60)


def test_words_are_split_at_commas(monkeypatch):
    monkeypatch.setenv("ALLOWED_HOSTS", "a.example, b.example,")
    assert env.words("ALLOWED_HOSTS") == ["a.example", "b.example"]


def test_a_key_is_made_once_and_only_its_owner_can_read_it(monkeypatch, tmp_path):
    monkeypatch.delenv("SECRET_KEY")
    key = env.secret_key(tmp_path / "key")
    assert env.secret_key(tmp_path / "key") == key
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_an_empty_key_file_is_refused(monkeypatch, tmp_path):
    monkeypatch.delenv("SECRET_KEY")
    (tmp_path / "key").touch()
    with pytest.raises(ImproperlyConfigured, match="is empty: delete it"):
        env.secret_key(tmp_path / "key")


@pytest.mark.parametrize(
    ("name", "value"),
    [("DEBUG", "maybe"), ("DATABASE_URL", "nosuch://host/name"), ("CONN_MAX_AGE", "soon")],
)
def test_a_wrong_environment_stops_manage_with_one_sentence(name, value):
    chosen = {
        "DJANGO_SETTINGS_MODULE": "dashboard.project.settings",
        "DATABASE_URL": "postgres://u@host/n",
        name: value,
    }
    command = [sys.executable, ROOT / "manage.py", "check"]
    done = subprocess.run(command, env=environment(**chosen), cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("The settings do not fit: ") and name in done.stderr
    assert len(done.stderr.splitlines()) == 1
