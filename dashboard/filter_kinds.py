"""Filters whose text means more than itself: a moment, a comparison, an argument."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.utils.translation import gettext

from dashboard.periods import ComparisonField, MomentField


class ArgumentsField(forms.CharField):
    """Text of arguments; the spaces that end a ``key=value`` belong to the value."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "strip": False})

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value)).lstrip()
        return text if "=" in text else text.rstrip()


class ArgumentsFilter(django_filters.Filter):  # type: ignore[misc]
    field_class = ArgumentsField


class TimesInOrder(forms.Form):
    """Says that nothing lies between two times that are the wrong way round, as an empty list would not."""

    def clean(self) -> dict[str, Any]:
        since, until = (self.cleaned_data.get(name) for name in ("since", "until"))
        if since and until and since > until:
            self.add_error("since", gettext("That is later than “until”, so nothing can match. Change one of the two."))
        return self.cleaned_data


class MomentFilter(django_filters.Filter):  # type: ignore[misc]
    field_class = MomentField


class ComparisonFilter(django_filters.Filter):  # type: ignore[misc]
    field_class = ComparisonField
