"""Filters whose text means more than itself: a moment, a comparison, an argument."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms

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


class MomentFilter(django_filters.Filter):  # type: ignore[misc]
    field_class = MomentField


class ComparisonFilter(django_filters.Filter):  # type: ignore[misc]
    field_class = ComparisonField
