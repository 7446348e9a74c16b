"""The status page of one task. The operators' console is another app."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import render, resolve_url
from django.templatetags.static import static
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from django_simple_queue import conf, payload
from django_simple_queue.models import Task

FALLBACK_LOGIN = "admin:login"
STYLE = "django_simple_queue/status.css"


@login_not_required
@require_safe
def view_task_status(request: HttpRequest) -> HttpResponse:
    """Show the task of ``?task_id=`` as a page, or with ``&type=json`` as JSON; 400 and a sentence when there is none.

    Only staff with the permission ``view_task`` see it, its arguments, output, error and log only those who also have
    ``view_task_payload``; with DJANGO_SIMPLE_QUEUE_PUBLIC_STATUS = True everybody does. Secrets are masked for all.
    """
    return secured(answer(request) if may_see(request, payload.VIEW) else refusal(request))


def may_see(request: HttpRequest, permission: str) -> bool:
    return conf.is_status_public() or is_permitted(request, permission)


def is_permitted(request: HttpRequest, permission: str) -> bool:
    user = getattr(request, "user", None)
    return user is not None and getattr(user, "is_staff", False) and user.has_perm(permission)


def answer(request: HttpRequest) -> HttpResponse:
    given = request.GET.get("task_id")
    if not given:
        return sentence("Missing task_id parameter.")
    try:
        task_id = UUID(given)
    except ValueError:
        return sentence("Invalid task_id format.")
    return task_as_json(request, task_id) if wants_json(request) else task_as_page(request, task_id)


def sentence(text: str) -> HttpResponse:
    return HttpResponseBadRequest(text, content_type="text/plain; charset=utf-8")


def wants_json(request: HttpRequest) -> bool:
    return request.GET.get("type") == "json"


def task_as_json(request: HttpRequest, task_id: UUID) -> HttpResponse:
    task = Task.objects.filter(pk=task_id).first()
    if task is None:
        return sentence("Task not found.")
    readable = may_see(request, payload.VIEW_PAYLOAD)
    return JsonResponse(task.as_dict | (payload.whole(task) if readable else dict.fromkeys(payload.COLUMNS)))


def task_as_page(request: HttpRequest, task_id: UUID) -> HttpResponse:
    task = payload.windowed(Task.objects.filter(pk=task_id)).first()
    if task is None:
        return sentence("Task not found.")
    readable = may_see(request, payload.VIEW_PAYLOAD)
    context = {
        "task": task,
        "module": task.task.rpartition(".")[0],
        "name": task.task.rpartition(".")[2],
        "progress_message": payload.progress_message(task) if readable else "",
        "parts": list(payload.parts(task)) if readable else [],
        "missing_permission": "" if readable else payload.VIEW_PAYLOAD,
        "console_url": console_url(request, task),
    }
    return render(request, "django_simple_queue/task_status.html", context)


def console_url(request: HttpRequest, task: Task) -> str:
    """Return where this user finds the task in the console, else in the admin, else ""."""
    if not is_permitted(request, payload.VIEW):
        return ""
    for name in ("simple_queue_dashboard:task", "admin:django_simple_queue_task_change"):
        try:
            return reverse(name, args=[task.pk])
        except NoReverseMatch:
            continue
    return ""


def refusal(request: HttpRequest) -> HttpResponse:
    """Say the same whether or not the task exists."""
    user = getattr(request, "user", None)
    if wants_json(request):
        text = _("Sign in as a staff user with the permission %s.") % payload.VIEW
        return JsonResponse({"error": text}, status=403)
    if user is None or not user.is_authenticated:
        return redirect_to_login(request.get_full_path(), login_url())
    context = {"permission": payload.VIEW, "user_name": user.get_username()}
    return render(request, "django_simple_queue/task_refused.html", context, status=403)


def login_url() -> str:
    """Return the project's LOGIN_URL; the admin's when that is Django's default and leads nowhere."""
    url = resolve_url(settings.LOGIN_URL)
    if url != "/accounts/login/":
        return url
    with suppress(Resolver404):
        resolve(url)
        return url
    with suppress(NoReverseMatch):
        return reverse(FALLBACK_LOGIN)
    return url


def secured(response: HttpResponse) -> HttpResponse:
    host = urlsplit(static(STYLE))
    style = f"{host.scheme}://{host.netloc}" if host.netloc else "'self'"
    closed = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; img-src data:"
    response["Content-Security-Policy"] = f"{closed}; style-src {style}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Referrer-Policy"] = "same-origin"
    add_never_cache_headers(response)
    return response
