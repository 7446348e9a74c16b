"""Signing in and out."""

from __future__ import annotations

from django.contrib.auth import logout as end_session
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_protect

from dashboard.access import LIST, public
from dashboard.htmx import FOLDER


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
