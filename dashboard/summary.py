"""An incident in Markdown, to be pasted where a team talks: what fails, since when, how often, in which release."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from dashboard.selectors.failures import Group, State
from django_simple_queue.redaction import visible

MOST = 20
SPECIAL = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_[]<>#|"})


def markdown(groups: Iterable[Group], now: datetime, url: str) -> str:
    """Return the summary; it says no more of an error than the page does to this operator."""
    local = timezone.localtime(now)
    lines = [_("## Failures at %s") % f"{local:%Y-%m-%d %H:%M} {local.tzname()}", ""]
    for group in list(groups)[:MOST]:
        lines += [*section(group, url), ""]
    return "\n".join(lines)


def section(group: Group, url: str) -> Iterator[str]:
    yield f"### {plain(group.name)}: {plain(group.error_name or _('failed'))}"
    if group.error:
        yield f"> {plain(group.error)}"
        yield ""
    yield _("- Task: %s") % plain(group.task)
    counts = [(each.told, each.words) for each in group.windows]
    yield _("- Failures: %s") % ", ".join(
        _("%(count)s in %(window)s") % {"count": count, "window": window} for count, window in counts
    )
    seen = {"first": moment(group.found.first), "last": moment(group.found.last)}
    yield _("- First seen %(first)s, last seen %(last)s") % seen
    if group.numbers.releases:
        yield _("- Releases: %s") % ", ".join(plain(name) for name in group.numbers.releases)
    state = str(State(group.state).label).lower()
    yield (_("- State: %s (it has returned)") if group.returned else _("- State: %s")) % state
    yield f"- {url}{group.fingerprint}/"


def moment(value: datetime) -> str:
    local = timezone.localtime(value)
    return f"{local:%Y-%m-%d %H:%M:%S} {local.tzname()}"


def plain(text: str) -> str:
    """Return one line in which nothing is markup."""
    return visible(" ".join(text.split())).translate(SPECIAL)
