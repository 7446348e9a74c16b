"""An incident in Markdown, to be pasted where a team talks: what fails, since when, how often, in which release."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.utils import timezone

from dashboard.formats import number
from dashboard.selectors.failures import Group
from django_simple_queue.redaction import visible

MOST = 20
SPECIAL = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_[]<>#|"})


def markdown(groups: Iterable[Group], now: datetime, url: str) -> str:
    """Return the summary; it says no more of an error than the page does to this operator."""
    local = timezone.localtime(now)
    lines = [f"## Failures at {local:%Y-%m-%d %H:%M} {local.tzname()}", ""]
    for group in list(groups)[:MOST]:
        lines += [*section(group, url), ""]
    return "\n".join(lines)


def section(group: Group, url: str) -> Iterator[str]:
    yield f"### {plain(group.name)}: {plain(group.error_name or 'failed')}"
    if group.error:
        yield f"> {plain(group.error)}"
        yield ""
    yield f"- Task: {plain(group.task)}"
    counts = ", ".join(
        f"{number(window.count)}{'+' if window.at_least else ''} in {window.name}" for window in group.windows
    )
    yield f"- Failures: {counts}"
    yield f"- First seen {moment(group.found.first)}, last seen {moment(group.found.last)}"
    if group.numbers.releases:
        yield f"- Releases: {', '.join(plain(name) for name in group.numbers.releases)}"
    yield f"- State: {group.state}{' (it has returned)' if group.returned else ''}"
    yield f"- {url}{group.fingerprint}/"


def moment(value: datetime) -> str:
    local = timezone.localtime(value)
    return f"{local:%Y-%m-%d %H:%M:%S} {local.tzname()}"


def plain(text: str) -> str:
    """Return one line in which nothing is markup."""
    return visible(" ".join(text.split())).translate(SPECIAL)
