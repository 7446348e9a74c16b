"""Run after, in the hour that the clocks of a zone show twice: entered, and kept."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from dashboard.fields.times import Moment
from django_simple_queue.models import Task
from django_simple_queue.utils import create_task
from tests.dashboard.enqueueing import SHIP, inputs, post, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("parcels_allowed")]
RIGHT = {"a.to": "Eva", "a.order": "7"}
TWICE, SUMMER, WINTER = "2027-10-31T02:30:00", "+02:00", "+01:00"
FIRST, SECOND = datetime(2027, 10, 31, 0, 30, tzinfo=UTC), datetime(2027, 10, 31, 1, 30, tzinfo=UTC)


@pytest.fixture
def berlin(clerk):
    clerk.cookies["simple_queue_dashboard_zone"] = "Europe/Berlin"
    return clerk


def offered(html):
    """The offsets to choose from, and which of them is chosen."""
    select = html.partition('name="run_after_offset"')[2].partition("</select>")[0]
    return re.findall(r'value="([+-][^"]+)"', select), re.findall(r'value="([^"]*)" selected', select)


def test_a_time_that_comes_twice_asks_which_is_meant(berlin):
    response = post(berlin, **RIGHT, run_after=TWICE)
    html = text(response)
    assert response.status_code == 422
    assert "The clocks of Europe/Berlin show this time twice: choose which is meant." in html
    assert f'value="{TWICE}"' in html
    assert offered(html) == ([SUMMER, WINTER], [])


def test_a_time_that_the_clocks_skip_says_what_to_choose(berlin):
    response = post(berlin, **RIGHT, run_after="2027-03-28T02:30")
    assert response.status_code == 422
    said = "The clocks skip this time in Europe/Berlin on 28 March: choose 03:30 or another."
    assert said in text(response)
    assert "ambiguous" not in text(response)


def test_a_time_that_has_passed_is_said_to_start_at_once(berlin):
    html = text(post(berlin, **RIGHT, run_after="2020-01-01T10:00", do="preview"))
    assert "1 Jan 2020 10:00:00 has passed: starts at once" in html


@pytest.mark.parametrize(("offset", "moment"), [(SUMMER, FIRST), (WINTER, SECOND)])
def test_either_is_taken(berlin, offset, moment):
    preview = text(post(berlin, **RIGHT, run_after=TWICE, run_after_offset=offset, do="preview"))
    assert offered(preview) == ([SUMMER, WINTER], [offset])
    post(berlin, **RIGHT, run_after=TWICE, run_after_offset=offset)
    assert Task.objects.get().run_after == moment


def test_the_same_form_for_the_other_of_the_two_is_another_call(berlin):
    for offset in (SUMMER, WINTER):
        post(berlin, **RIGHT, token="00000000-0000-4000-8000-000000000007", run_after=TWICE, run_after_offset=offset)
    assert set(Task.objects.values_list("run_after", flat=True)) == {FIRST, SECOND}


def test_an_offset_that_was_chosen_counts_for_no_other_time(berlin):
    post(berlin, **RIGHT, run_after="2027-10-31T12:00:00", run_after_offset=SUMMER)
    assert Task.objects.get().run_after == datetime(2027, 10, 31, 11, tzinfo=UTC)


@pytest.mark.parametrize("moment", [FIRST, SECOND, datetime(2027, 7, 1, 10, 0, 5, 123456, tzinfo=UTC)])
def test_an_edited_task_keeps_its_moment(berlin, moment):
    task_id = create_task(SHIP, {"to": "Eva", "order": 7}, run_after=moment)
    html = text(berlin.get(f"/enqueue/?from={task_id}"))
    shown = re.search(r'name="run_after"\s+type="datetime-local"\s+value="([^"]*)"', html)[1]
    post(berlin, f"from={task_id}", **inputs(html), run_after=shown, run_after_offset="".join(offered(html)[1]))
    assert Task.objects.get(parent=task_id).run_after == moment


def test_a_time_that_the_clocks_skip_is_refused(berlin):
    assert post(berlin, **RIGHT, run_after="2027-03-28T02:30:00").status_code == 422


@pytest.mark.parametrize("offset", ["x", "+99:99"])
def test_an_offset_that_is_none_is_refused(berlin, offset):
    assert post(berlin, **RIGHT, run_after=TWICE, run_after_offset=offset).status_code == 422
    assert not Task.objects.exists()


def test_an_argument_that_comes_twice_is_not_guessed(settings):
    settings.TIME_ZONE = "Europe/Berlin"
    with pytest.raises(ValueError, match=r"twice: write 2027-10-31T02:30:00\+02:00 or 2027-10-31T02:30:00\+01:00 as"):
        Moment().parse(TWICE)
    assert Moment().parse(TWICE + WINTER) == TWICE + WINTER
