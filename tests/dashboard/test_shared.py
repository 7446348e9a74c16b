"""What one reader's poll rendered may answer another's, and never tells what is not theirs."""

from __future__ import annotations

import re

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone, translation

from dashboard import shared
from dashboard.selectors import snapshot
from django_simple_queue.models import OperatorAction, Task
from django_simple_queue.models.control import pause_queue
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import SEND, a_task, row_of

pytestmark = pytest.mark.django_db
REGION, ROW = "simple_queue_dashboard/_live.html", "simple_queue_dashboard/_row.html"
EVERYTHING = ("view_task", "view_task_payload", "requeue_task", "cancel_task")


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setattr(shared, "regions", shared.Regions())
    monkeypatch.setattr(shared, "rows", shared.Regions())
    snapshot.memory.forget()


@pytest.fixture
def rendered(monkeypatch):
    """The names of the templates, in the order in which they were rendered."""
    made = []
    render = shared.rendered
    monkeypatch.setattr(shared, "rendered", lambda name, *more: made.append(name) or render(name, *more))
    return made


def browser(name, *permissions):
    return signed_in(Client(), operator(name, *permissions))


def poll(client, **cookies):
    client.cookies.load({f"simple_queue_dashboard_{name}": value for name, value in cookies.items()})
    response = client.get("/?live=1", headers={"HX-Request": "true"})
    assert response.status_code == 200
    return response.content.decode()


def token(html):
    return re.search(r'name="csrfmiddlewaretoken" value="([^"]*)"', html)[1]


@pytest.mark.ability(9)
def test_two_who_see_the_same_share_one_rendering_but_no_token(rendered):
    a_task(Task.FAILED)
    ada, eva = browser("ada", *EVERYTHING), browser("eva", *EVERYTHING)
    hers, other = poll(ada), poll(eva)
    assert rendered.count(REGION) == 1
    assert token(hers) != token(other)
    assert hers.replace(token(hers), "") == other.replace(token(other), "")
    assert shared.TOKEN not in hers + other


def test_the_token_of_a_shared_region_is_accepted():
    task = a_task(Task.FAILED)
    poll(browser("ada", *EVERYTHING))
    eva = signed_in(Client(enforce_csrf_checks=True), operator("eva", *EVERYTHING))
    eva.post(f"/tasks/{task.pk}/requeue/", {"csrfmiddlewaretoken": token(poll(eva))})
    assert Task.objects.get().status == Task.QUEUED


@pytest.mark.parametrize("missing", EVERYTHING[1:])
def test_another_permission_is_another_region(rendered, missing):
    a_task(Task.FAILED, args='{"order_id": "planted"}')
    a_task()
    all_of_it = poll(browser("ada", *EVERYTHING))
    less = poll(browser("eva", *(name for name in EVERYTHING if name != missing)))
    assert rendered.count(REGION) == 2
    assert all_of_it.count("<button") + all_of_it.count("planted") > less.count("<button") + less.count("planted")


class AdaMayRefundAndResume:
    """A backend of a host that lists no permission, and answers for some when it is asked."""

    def has_perm(self, user, permission, obj=None):
        return permission in ("shop.refund", "django_simple_queue.change_worker") and user.username == "ada"


@pytest.fixture
def a_host_that_lists_nothing(settings):
    settings.AUTHENTICATION_BACKENDS = [*settings.AUTHENTICATION_BACKENDS, f"{__name__}.AdaMayRefundAndResume"]


@pytest.mark.parametrize("first", ["ada", "eva"])
def test_what_no_list_of_permissions_holds_is_another_region_too(settings, a_host_that_lists_nothing, first):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {SEND: {"permission": "shop.refund"}}
    task = a_task(Task.FAILED)
    browsers = {name: browser(name, *EVERYTHING) for name in ("ada", "eva")}
    poll(browsers[first])
    offers = {name: f"/tasks/{task.pk}/requeue/" in poll(each) for name, each in browsers.items()}
    assert offers == {"ada": True, "eva": False}


@pytest.mark.parametrize("first", ["ada", "eva"])
def test_who_may_not_resume_is_not_offered_it_because_somebody_else_may(a_host_that_lists_nothing, first):
    pause_queue("mail", "Provider is down", "omar")
    browsers = {name: browser(name, *EVERYTHING) for name in ("ada", "eva")}
    poll(browsers[first])
    offers = {name: "/workers/queues/resume/" in poll(each) for name, each in browsers.items()}
    assert offers == {"ada": True, "eva": False}


def test_the_groups_of_failures_and_the_pauses_are_shared_too(rendered):
    pause_queue("mail", "Provider is down", "omar")
    may = (*EVERYTHING, "change_worker")
    ada, eva = browser("ada", *may), browser("eva", *may)
    hers, other = poll(ada), poll(eva)
    assert "Provider is down" in other
    assert rendered.count(REGION) == 1
    assert hers.replace(token(hers), "") == other.replace(token(other), "")


def test_another_time_zone_is_another_region(rendered):
    a_task()
    ada, eva = browser("ada", *EVERYTHING), browser("eva", *EVERYTHING)
    assert " UTC" in poll(ada)
    assert " JST" in poll(eva, zone="Asia/Tokyo")


def test_only_who_did_it_reads_that_it_was_them(rendered):
    task = a_task(Task.FAILED)
    ada, eva, omar = (browser(name, *EVERYTHING, "view_operatoraction") for name in ("ada", "eva", "omar"))
    ada.post(f"/tasks/{task.pk}/requeue/")
    poll(ada)
    assert "by you" in row_of(poll(ada), task)
    for other in (eva, omar):
        assert "by ada" in row_of(poll(other), task)
        assert "by you" not in poll(other)


def test_an_undo_shows_at_once_to_everybody():
    task = a_task(Task.FAILED)
    ada, eva = browser("ada", *EVERYTHING), browser("eva", *EVERYTHING)
    ada.post(f"/tasks/{task.pk}/requeue/")
    assert "undone" not in row_of(poll(eva), task)
    ada.post(f"/tasks/{task.pk}/undo/", {"of": OperatorAction.objects.get().pk})
    assert "undone" in row_of(poll(eva), task)


def test_a_waiting_message_is_told_to_its_own_reader_only(rendered):
    task = a_task(Task.FAILED)
    ada, eva = browser("ada", *EVERYTHING), browser("eva", *EVERYTHING)
    ada.post(f"/tasks/{task.pk}/requeue/", {"next": "/"}, headers={"HX-Request": "true"})
    assert 'class="toast"' not in poll(eva)
    assert 'class="toast"' in poll(ada)


def test_a_few_regions_are_kept():
    regions = shared.Regions()
    for number in range(shared.MOST + 5):
        regions.get(str(number), lambda: "region")
    assert len(regions.kept) == shared.MOST
    assert regions.get("0", lambda: "made anew") == "made anew"
    assert regions.get("0", lambda: "not needed") == "made anew"


def test_the_row_of_an_ended_task_is_rendered_once_for_all_who_see_it_alike(rendered):
    failed = a_task(Task.FAILED)
    a_task()
    pages = [poll(browser(name, *EVERYTHING[: 4 - less])) for less, name in enumerate(("ada", "eva"))]
    assert rendered.count(REGION) == 2
    assert rendered.count(ROW) == 1 + 2
    assert row_of(pages[0], failed) == row_of(pages[1], failed)


def test_a_row_changes_with_its_task(rendered):
    task, ada = a_task(Task.FAILED), browser("ada", *EVERYTHING)
    assert "Failed" in row_of(poll(ada), task)
    Task.objects.filter(pk=task.pk).update(status=Task.CANCELLED, modified=Now())
    snapshot.memory.forget()
    assert "Cancelled" in row_of(poll(ada), task)


def test_a_row_is_another_one_in_another_language_or_time_zone(rendered, monkeypatch):
    monkeypatch.setattr(shared, "rendered", lambda *given: rendered.append(ROW) or "a row")
    for _ in range(2):
        for language, zone in (("en", "UTC"), ("de", "UTC"), ("de", "Asia/Tokyo")):
            with translation.override(language), timezone.override(zone):
                shared.row(("key",), ROW, {})
    assert rendered.count(ROW) == 3
