"""The test settings with receivers for every signal of the queue; they note what they hear in a ledger."""

from __future__ import annotations

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.engine.receivers.Receivers"]
