"""The test settings with a worker that kills itself at KILL_POINT."""

from __future__ import annotations

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.kill_points.KillPoints"]
