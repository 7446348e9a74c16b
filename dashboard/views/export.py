"""Downloading the tasks that the list shows: a question with the choices first, then the file."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _

from dashboard import export as files
from dashboard import filters, scopes
from dashboard.access import may, operator, safe_next
from dashboard.htmx import page_path, render_dialog
from dashboard.preflight import number_of
from dashboard.scopes import Scope
from dashboard.views.actions import tell
from django_simple_queue.models.audit.scope import CannotFreeze, matching

PAYLOAD = "view_task_payload"


@operator("export_task", methods=("GET", "HEAD", "POST"))
def export(request: HttpRequest) -> HttpResponseBase:
    """Ask for the format (GET) or send the file (POST) of the tasks that the list's query matches."""
    chosen = filters.read(request.GET)
    if problems := chosen.problems():
        return tell(request, _("%s Nothing exported.") % " ".join(problems))
    try:
        scope = scopes.freeze(chosen, scopes.mark(), may(request, PAYLOAD))
    except CannotFreeze as error:
        return tell(request, _("These filters cannot be exported: %s") % error)
    return send(request, scope) if request.method == "POST" else ask(request, scope)


def ask(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    back, query = safe_next(request), request.GET.urlencode()
    context = {
        "scope": scope,
        "count": number_of(matching(scope.frozen)),
        "payload": may(request, PAYLOAD),
        "next": f"{back}?{query}" if query and "next" not in request.GET else back,
        "action": page_path(request),
    }
    return render_dialog(request, "export", context)


def send(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    kind = request.POST.get("format", "csv")
    if kind not in files.FORMATS:
        return tell(request, _("There is no format %s. Nothing exported.") % ascii(kind[:20]))
    with_payload = may(request, PAYLOAD) and request.POST.get("payload", "yes") == "yes"
    action = files.begin(scope, kind, with_payload, request.user)
    response = StreamingHttpResponse(files.stream(scope, kind, with_payload, action), content_type=files.FORMATS[kind])
    response["Content-Disposition"] = f'attachment; filename="{files.file_name(scope, kind)}"'
    return response
