"""The one gate: every view of the console is wrapped by ``operator``, or, without a login, by ``public``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import global_settings, settings
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import redirect, resolve_url
from django.utils.cache import patch_vary_headers
from django.utils.decorators import decorator_from_middleware
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from dashboard import errors
from dashboard.deadline import SECONDS, SECONDS_OF_A_PAGE, TookTooLong, deadline
from dashboard.htmx import current_path, is_fragment, leave_for, page
from dashboard.preferences import in_zone
from dashboard.typed import RESUMED, carry, sent

View = Callable[..., HttpResponseBase]
Decorator = Callable[[View], View]
READ = frozenset({"GET", "HEAD"})
QUEUE = "django_simple_queue"
LIST, LOGIN = "simple_queue_dashboard:tasks", "simple_queue_dashboard:login"
DJANGO_DEFAULT = global_settings.LOGIN_URL
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store, private",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}


def operator(
    permission: str = "", *, methods: Collection[str] = READ, limited: bool = True, typed: bool = False
) -> Decorator:
    """Let in active staff who may view tasks and hold ``permission``, a codename of the queue or "app.codename".

    Whoever is not signed in is led to the login page and comes back; whoever may not is told what is missing.
    What a page reads is ``limited`` in time, unless the view sees to that itself. What was ``typed`` into its form is
    not lost when the session has ended meanwhile: it is back after signing in, here or in another tab.
    """

    def decorator(view: View) -> View:
        def admitted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return ask_to_sign_in(request, typed)
            if request.method not in methods:
                return turned_away(request, methods, kwargs.get("pk"))
            require(request, "view_task")
            require(request, permission)
            if has_nul(kwargs.values()):
                raise Http404
            with in_time(request) if limited else nullcontext():
                return view(request, *args, **kwargs)

        return csrf_exempt(guard(view, keeps_typed(admitted))) if typed else guard(view, csrf_protect(admitted))

    return decorator


def in_time(request: HttpRequest) -> AbstractContextManager[None]:
    """Give the statements of a page their deadlines; a change must not be ended half way, and sets its own to read."""
    return deadline(SECONDS, altogether=SECONDS_OF_A_PAGE) if request.method in READ else nullcontext()


def turned_away(request: HttpRequest, methods: Collection[str], pk: object) -> HttpResponseBase:
    """Lead whoever reads the address of a change, by the back button say, to the page that it belongs to."""
    if request.method not in READ:
        return HttpResponseNotAllowed(sorted(methods))
    return redirect("simple_queue_dashboard:task", pk) if isinstance(pk, UUID) else redirect(LIST)


def has_nul(parts: Iterable[object]) -> bool:
    """Tell whether something holds a NUL: no row can hold one, and PostgreSQL refuses the question."""
    return any("\x00" in str(part) for part in parts)


def public(view: View) -> View:
    """Let anybody in; for signing in and out only."""
    return guard(view, view)


def guard(view: View, inner: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with in_zone(request):
            return secured(answer(inner, request, *args, **kwargs))

    guarded.passes_gate = True  # type: ignore[attr-defined]
    return guarded


def answer(view: View, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
    """Return what ``view`` answers, rendered, or the console's own page for what went wrong."""
    try:
        response = view(request, *args, **kwargs)
        return response.render() if hasattr(response, "render") else response
    except PermissionDenied as error:
        return errors.forbidden(request, str(error))
    except Http404 as error:
        return errors.not_found(request, str(error))
    except TookTooLong:
        return errors.too_slow(request)
    except (DatabaseError, InterfaceError) as error:
        if has_nul([*request.GET.values(), *request.POST.values()]):
            return errors.not_found(request, _("What was sent holds a NUL, a character that nothing here can hold."))
        return errors.unavailable(request, error)


def secured(response: HttpResponseBase) -> HttpResponseBase:
    for name, value in HEADERS.items():
        response[name] = value
    if isinstance(response, HttpResponse):
        patch_vary_headers(response, ["Cookie", "HX-Request"])
    return response


def may(request: HttpRequest, permission: str) -> bool:
    """Tell whether the operator holds ``permission`` (a codename of the queue, or "app.codename")."""
    return not permission or request.user.has_perm(full_name(permission))


def require(request: HttpRequest, permission: str) -> None:
    """Raise PermissionDenied, naming ``permission``, unless the operator is staff and holds it."""
    if not (request.user.is_active and request.user.is_staff):
        raise PermissionDenied("staff")
    if not may(request, permission):
        raise PermissionDenied(full_name(permission))


def full_name(permission: str) -> str:
    return permission if "." in permission else f"{QUEUE}.{permission}"


def ask_to_sign_in(request: HttpRequest, typed: bool) -> HttpResponseBase:
    """Lead to the login page; a fragment leads its whole page there, and back to that page afterwards.

    A page that is ``typed`` into stays until it is sent as a whole, and then the console's own login keeps that.
    """
    if typed and request.POST:
        if is_fragment(request):
            return errors.forbidden(request, "session")
        if login_url() == resolve_url(LOGIN) and (kept := carry(request)):
            return errors.signed_out(request, kept)
    ended = {"ended": "1"} if is_fragment(request) and login_url() == resolve_url(LOGIN) else {}
    return leave_for(request, f"{login_url()}?{urlencode({'next': current_path(request)} | ended)}")


class KeepsTyped(CsrfViewMiddleware):
    """Refuse a form without a valid token as ever, and give back what was typed into it here, with a token of today.

    It stands in for the project's own check, which would answer before anything could be kept.
    """

    def process_view(self, request: HttpRequest, *called: Any) -> HttpResponseBase | None:  # type: ignore[override]
        refusal = super().process_view(request, *called)
        return give_back(request, refusal) if refusal and is_from_here(request) else refusal


keeps_typed = decorator_from_middleware(KeepsTyped)


def give_back(request: HttpRequest, refusal: HttpResponseBase) -> HttpResponseBase:
    """Ask to sign in, or, who has done so meanwhile in another tab, to go on; ``refusal`` is for everybody else."""
    if not request.user.is_authenticated:
        return ask_to_sign_in(request, typed=True)
    typed = sent(request)
    if not typed.is_of(request.user) or RESUMED in request.POST:
        return refusal
    if is_fragment(request):
        return errors.forbidden(request, "session")
    return page(request, "resume", {"typed": typed}, status=403)


def is_from_here(request: HttpRequest) -> bool:
    """Tell whether no other site has sent the form, as far as the browser says."""
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.get_host() or origin in settings.CSRF_TRUSTED_ORIGINS


def login_url() -> str:
    """Return the host's LOGIN_URL when it has set one, else the console's own."""
    own = settings.LOGIN_URL == DJANGO_DEFAULT
    return resolve_url(LOGIN if own else settings.LOGIN_URL)


def safe_next(request: HttpRequest, fallback: str = LIST) -> str:
    """Return the page of this site that the request names in ``next``, else ``fallback``."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    same_site = url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure())
    is_address = target.startswith(("/", "http:", "https:"))
    return target if same_site and is_address else resolve_url(fallback)
