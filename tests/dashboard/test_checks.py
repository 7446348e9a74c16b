"""What the console asks of the host project, as system checks with ids and hints."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.sessions.middleware import SessionMiddleware

from dashboard import checks


class OwnSessions(SessionMiddleware):
    """A host's own kind of a middleware."""


def found(check):
    return [(message.id, message.hint) for message in check(None)]


def test_a_complete_project_has_nothing_to_mend():
    assert found(checks.check_apps) + found(checks.check_middleware) == []


@pytest.mark.parametrize("name", checks.APPS)
def test_a_missing_app_is_named(monkeypatch, name):
    monkeypatch.setattr(apps, "is_installed", lambda asked: asked != name)
    assert found(checks.check_apps) == [("simple_queue_dashboard.E001", f"Add {name!r} to INSTALLED_APPS.")]


@pytest.mark.parametrize("path", checks.MIDDLEWARE)
def test_a_missing_middleware_is_named(settings, path):
    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if each != path]
    (message,) = checks.check_middleware(None)
    assert (message.id, path in message.msg) == ("simple_queue_dashboard.E002", True)


def test_the_hosts_own_kind_of_a_middleware_will_do(settings):
    own = f"{__name__}.OwnSessions"
    settings.MIDDLEWARE = [own if "SessionMiddleware" in each else each for each in settings.MIDDLEWARE]
    assert own in settings.MIDDLEWARE
    assert found(checks.check_middleware) == []


@pytest.mark.parametrize(("use_tz", "ids"), [(True, []), (False, ["simple_queue_dashboard.E005"])])
def test_the_console_needs_times_with_a_zone(settings, use_tz, ids):
    settings.USE_TZ = use_tz
    assert [message.id for message in checks.check_time_zones(None)] == ids
