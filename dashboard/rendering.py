"""Templates as the console renders them: forms and scripts read numbers back, however the host writes its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.template import Context, RequestContext
from django.template.loader import get_template


def rendered(template: str, values: Mapping[str, Any], request: HttpRequest | None = None) -> str:
    """Return the template with ``values``; a number in it is written with a point and without separators."""
    own = Context(use_l10n=False) if request is None else RequestContext(request, use_l10n=False)
    own.push(dict(values))
    loaded: Any = get_template(template)
    html: str = loaded.template.render(own)
    return html
