"""What an operator may do with one task now, in the order of the buttons, and why something is not offered."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, gettext_noop

from dashboard.actions import PERMISSIONS
from dashboard.selectors.task_page import TaskPage
from dashboard.signature import describe
from dashboard.states import RETRYING, waits
from django_simple_queue import conf
from django_simple_queue.models import Task
from django_simple_queue.models.audit.terms import Terms, is_never_repeated
from django_simple_queue.redaction import visible

NOT_YOURS = gettext_noop("Acting on this task needs the permission %(permission)s, which you do not hold.")
MUST_NOT = gettext_noop("This task must not run twice, so it is not repeated here (its option rerun is “never”).")
NOT_ALLOWED = gettext_noop("It cannot run again: it is not in %(setting)s any more.")


@dataclass(frozen=True, slots=True)
class Offer:
    """A button; what has to be asked before it acts, the console asks in a dialog. ``of``: the action it takes back."""

    verb: str
    word: str
    icon: str
    style: str = ""
    key: str = ""
    url: str = ""
    of: int | None = None

    @property
    def label(self) -> str:
        return gettext(self.word)


REQUEUE = Offer("requeue", gettext_noop("Requeue"), "requeue", "btn-primary", "r")
RUN_AGAIN = Offer("run_again", gettext_noop("Run again"), "requeue")
START_NOW = Offer("start_now", gettext_noop("Start now"), "play", "btn-primary")
CANCEL = Offer("cancel", gettext_noop("Cancel"), "ban", "btn-danger")
RUN_NOW = replace(START_NOW, word=gettext_noop("Run now"))
GIVE_UP = replace(CANCEL, word=gettext_noop("Give up"))
STOP = Offer("cancel", gettext_noop("Stop task…"), "ban", "btn-danger")
UNDO = {"requeue": gettext_noop("Undo requeue"), "cancel": gettext_noop("Undo cancel")}
UNDO_ANY = gettext_noop("Undo")
MARK_FAILED = Offer("mark_failed", gettext_noop("Mark failed"), "failed", "btn-danger")


def offers(page: TaskPage, permissions: Collection[str], terms: Terms) -> Mapping[str, Any]:
    """Return the offers that ``permissions`` (codenames) allow, and in sentences what is ``refused`` and ``unfit``.

    ``terms`` are this operator's; a row of the list offers by the same.

    ``actions`` belong to the head of the page. ``undo`` belongs to the notice of what was just done: there no button
    takes the place of the one that was clicked, and a double click does not undo.
    """
    refusal = terms.refusal(once_more(page.task).verb, page.task)
    if refusal == "not_permitted":
        own = conf.get_task_options(page.task.task).permission
        return {"actions": [], "undo": [], "refused": [gettext(NOT_YOURS) % {"permission": own}]}
    possible, refused = possible_offers(page, refusal)
    undo = [*undo_offers(page), *([START_NOW] if page.held else [])]
    actions = ready(possible, page, permissions)
    again = {"requeue", "run_again"} & {offer.verb for offer in actions}
    undone = ready(undo, page, permissions)
    found = {"actions": actions, "undo": undone, "refused": refused, "unfit": unfit(page) if again else []}
    return {**found, "edit": edit_url(page) if "add_task" in permissions else ""}


def edit_url(page: TaskPage) -> str:
    """Return the address of the form with the arguments of this task, "" for who may not see or enqueue them."""
    offered = page.payload is not None and page.task.task in (conf.get_allowed_tasks() or ())
    may_repeat = offered and not is_never_repeated(page.task)
    return f"{reverse('simple_queue_dashboard:enqueue')}?from={page.task.pk}" if may_repeat else ""


def ready(possible: Sequence[Offer], page: TaskPage, permissions: Collection[str]) -> Sequence[Offer]:
    return [located(offer, page) for offer in possible if PERMISSIONS[offer.verb] in permissions]


def possible_offers(page: TaskPage, refusal: str) -> tuple[list[Offer], list[str]]:
    task = page.task
    if task.status == Task.QUEUED:
        return waiting_offers(page), []
    if task.status == Task.PROGRESS:
        return [MARK_FAILED] if page.orphaned else [STOP] if not task.cancel_requested else [], []
    if not conf.is_task_allowed(task.task):
        return [], [gettext(NOT_ALLOWED) % {"setting": f"{conf.PREFIX}ALLOWED_TASKS"}]
    return ([], [gettext(MUST_NOT)]) if refusal == "never" else ([once_more(task)], [])


def once_more(task: Task) -> Offer:
    return RUN_AGAIN if task.status == Task.COMPLETED else REQUEUE


def waiting_offers(page: TaskPage) -> list[Offer]:
    if page.held:
        return []
    if not waits(page.task, page.now):
        return [CANCEL]
    return [RUN_NOW, GIVE_UP] if page.state is RETRYING else [START_NOW, CANCEL]


def unfit(page: TaskPage) -> list[str]:
    """Return why the task would fail at once if it ran again today; only allowlisted paths are imported."""
    task = page.task
    if page.payload is None or task.positional or task.task not in (conf.get_allowed_tasks() or ()):
        return []
    call = describe(task.task)
    try:
        problems = [call.error] if call.error else call.misfits(task.arguments)
    except ValueError:
        problems = [gettext("The arguments are not a JSON object.")]
    return [visible(problem) for problem in problems]


def undo_offers(page: TaskPage) -> list[Offer]:
    action = page.undoable
    if action is None:
        return []
    url = reverse("simple_queue_dashboard:task_undo", args=[page.task.pk])
    return [Offer(action.verb, UNDO.get(action.verb, UNDO_ANY), "undo", key="u", url=url, of=action.pk)]


def located(offer: Offer, page: TaskPage) -> Offer:
    route = f"simple_queue_dashboard:task_{offer.verb}"
    return offer if offer.url else replace(offer, url=reverse(route, args=[page.task.pk]))
