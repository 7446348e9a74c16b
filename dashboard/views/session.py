"""Signing in and out, and the theme."""

from __future__ import annotations

from django.contrib.auth import logout as end_session
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_protect

from dashboard.access import LIST, operator, public, safe_next
from dashboard.htmx import FOLDER
from dashboard.shell import THEME_COOKIE, THEMES
from dashboard.shell import theme as current_theme

A_YEAR = 365 * 24 * 3600


class SignIn(LoginView):
    template_name = f"{FOLDER}/login.html"
    next_page = "simple_queue_dashboard:tasks"


login = public(SignIn.as_view())


@public
@csrf_protect
def logout(request: HttpRequest) -> HttpResponseBase:
    if request.method != "POST":
        return redirect(LIST)
    end_session(request)
    return redirect("simple_queue_dashboard:login")


@operator(methods=("POST",))
def theme(request: HttpRequest) -> HttpResponseBase:
    """Change to the next theme: the system's, light, dark."""
    following = THEMES[(THEMES.index(current_theme(request)) + 1) % len(THEMES)]
    response = redirect(safe_next(request))
    response.set_cookie(THEME_COOKIE, following, max_age=A_YEAR, samesite="Lax", httponly=True)
    return response
