"""What the system checks found, in the few words that tests compare."""

from __future__ import annotations

from django_simple_queue import checks


def found(check=checks.check_settings, **kwargs):
    return {(message.id.partition(".")[2], message.msg): message for message in check(**kwargs)}


def ids(check=checks.check_settings, **kwargs):
    return sorted(id for id, _ in found(check, **kwargs))
