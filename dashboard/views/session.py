"""Signing in and out."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import logout as end_session
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_protect

from dashboard.access import LIST, public
from dashboard.htmx import FOLDER, page
from dashboard.typed import FIELD, carried


class SignIn(LoginView):
    template_name = f"{FOLDER}/login.html"
    next_page = "simple_queue_dashboard:tasks"

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        return super().get_context_data(typed=self.request.POST.get(FIELD, ""), **more)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in, and go on where one was led here from, with what one had typed there oneself."""
        response, typed = super().form_valid(form), carried(self.request)
        return page(self.request, "resume", {"typed": typed}) if typed else response


login = public(SignIn.as_view())


@public
@csrf_protect
def logout(request: HttpRequest) -> HttpResponseBase:
    if request.method != "POST":
        return redirect(LIST)
    end_session(request)
    return redirect("simple_queue_dashboard:login")
