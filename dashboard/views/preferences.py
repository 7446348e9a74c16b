"""What an operator chooses for this browser: theme, time zone, interval of the updates, keys."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from dashboard import preferences as choices
from dashboard.access import READ, operator, safe_next
from dashboard.htmx import page


@operator(methods=("POST",))
def theme(request: HttpRequest) -> HttpResponseBase:
    """Change to the next theme: the system's, light, dark."""
    themes = choices.THEME.values
    following = themes[(themes.index(choices.THEME.of(request)) + 1) % len(themes)]
    response = redirect(safe_next(request))
    choices.keep(response, "theme", following)
    return response


@operator(methods={*READ, "POST"})
def preferences(request: HttpRequest) -> HttpResponseBase:
    """Show the choices; keep those that a form sends, and none when one of them does not exist."""
    if request.method != "POST":
        return page(request, "preferences", context(request))
    response = redirect(safe_next(request))
    try:
        for name in {*choices.CHOICES, choices.ZONE} & set(request.POST):
            choices.keep(response, name, request.POST[name])
    except ValueError as error:
        return page(request, "preferences", context(request) | {"problem": error}, status=400)
    return response


def context(request: HttpRequest) -> dict[str, object]:
    return {
        "chosen": {name: choice.of(request) for name, choice in choices.CHOICES.items()},
        "zones": sorted(choices.zones()),
        "chosen_zone": choices.zone(request),
        "server_zone": timezone.get_default_timezone_name(),
        "next": safe_next(request),
    }
