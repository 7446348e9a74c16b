"""A time as the clocks of a zone show it; in the hour that they show twice, also which of the two is meant."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

OFFSET = re.compile(r"[+-]\d\d:\d\d$")


def times(text: str) -> Sequence[datetime]:
    """Return both moments that the clocks show as ``text``, which has no offset; none unless there are two."""
    try:
        shown = datetime.fromisoformat(text)
        pair = [shown.replace(tzinfo=timezone.get_current_timezone(), fold=fold) for fold in (0, 1)]
        return pair if timezone.is_naive(shown) and pair[0].timestamp() < pair[1].timestamp() else ()
    except (ValueError, OverflowError):
        return ()


def instead(text: str) -> datetime | None:
    """Return what the clocks show when ``text`` should come, which they skip; None for any other text."""
    try:
        shown = datetime.fromisoformat(text)
        meant = timezone.localtime(shown.replace(tzinfo=timezone.get_current_timezone()).astimezone(UTC))
        return None if timezone.is_aware(shown) or meant.replace(tzinfo=None) == shown else meant
    except (ValueError, OverflowError):
        return None


def spelled(moment: datetime) -> str:
    """Return ``moment`` as a clock shows it, with its offset where that does not tell which moment it is."""
    local = timezone.localtime(moment).replace(microsecond=0)
    shown = local.replace(tzinfo=None).isoformat()
    return local.isoformat() if times(shown) else shown


class ClockInput(forms.DateTimeInput):
    """Beside the time a form may send ``<name>_offset``, which counts in the hour that comes twice."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        text = data.get(name)
        return f"{text}{data.get(f'{name}_offset', '')}" if text and times(text) else text


class ClockField(forms.DateTimeField):
    widget = ClockInput

    def to_python(self, value: Any) -> datetime | None:
        if isinstance(value, str) and times(value.strip()):
            zone = timezone.get_current_timezone_name()
            raise ValidationError(_("The clocks of %s show this time twice: choose which is meant.") % zone)
        if isinstance(value, str) and (later := instead(value.strip())):
            raise ValidationError(skipped(later))
        return super().to_python(value)


def skipped(later: datetime) -> str:
    words = {"zone": timezone.get_current_timezone_name(), "day": date_format(later, "j F"), "time": f"{later:%H:%M}"}
    return _("The clocks skip this time in %(zone)s on %(day)s: choose %(time)s or another.") % words


def shown(value: object) -> Mapping[str, Any]:
    """Return what the field shows of ``value``: the time, and the offsets to choose from when it comes twice."""
    text = "" if value is None else str(value)
    time, offset = (OFFSET.sub("", text), "".join(OFFSET.findall(text)))
    pair = [moment.isoformat()[-6:] for moment in times(time)]
    if not pair or offset not in ("", *pair):
        return {"time": text, "offsets": ()}
    words = (_("the first time, UTC%s"), _("the second time, UTC%s"))
    return {
        "time": time,
        "offset": offset,
        "offsets": [(each, said % each) for each, said in zip(pair, words, strict=True)],
    }
