"""The options of the enqueue form: the preview and their summary say what was filled in, right or wrong."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.dashboard.enqueueing import CHARGE, SHIP, post, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("parcels_allowed")]
RIGHT = {"a.to": "Eva", "a.order": "7"}


def preview(client, **fields):
    return text(post(client, do="preview", **RIGHT, **fields))


def summary(html):
    return re.search(r'<small id="options-said">(.*?)</small>', html)[1]


def is_open(html):
    return '<details class="options" open>' in html


@pytest.mark.parametrize(
    ("wrong", "count"), [({"priority": "500"}, 1), ({"priority": "500", "max_attempts": "0", "timeout": "-4"}, 3)]
)
def test_wrong_options_are_no_call(clerk, wrong, count):
    html = preview(clerk, **wrong)
    label = {"priority": "Priority", "max_attempts": "Attempts", "timeout": "Time limit"}
    assert f"Not complete yet: {count} to fill in or to correct" in html
    assert all(f"<span>{label[name]}: " in html for name in wrong)
    assert "Copy call" not in html
    assert f"{count} to correct" in summary(html)


def test_right_options_are_part_of_the_call_and_of_the_summary(clerk):
    filled = {"queue": "mail", "priority": "7", "run_after": "2999-12-24T10:00:00", "max_attempts": "3"}
    html = preview(clerk, **filled, timeout="90")
    assert "priority=7" in html
    assert summary(html) == "queue mail, priority 7, 24 Dec 2999 10:00:00, 3 attempts, limit 90 s"
    assert "no time limit" in summary(preview(clerk, timeout="0"))


def test_the_summary_begins_with_what_the_task_says(clerk):
    html = text(clerk.get(f"/enqueue/?task={SHIP}"))
    assert summary(html) == "queue default, now, 1 attempt, limit 60 min"
    assert not is_open(html)


@pytest.mark.parametrize(("hours", "remark"), [(-1, True), (1, False)])
def test_a_time_that_has_gone_by_is_remarked(clerk, hours, remark):
    moment = timezone.localtime(timezone.now() + timedelta(hours=hours))
    html = preview(clerk, run_after=f"{moment:%Y-%m-%dT%H:%M:%S}")
    assert ("Run after is in the past: it starts at once" in html) == remark


def test_options_that_were_opened_stay_open(clerk):
    assert is_open(preview(clerk, options="open"))
    assert not is_open(preview(clerk, options=""))


@pytest.mark.parametrize("way", [{"do": "form", "args": '{"order": 1,, }'}, {"do": "json", "a.order": "seven"}])
def test_switching_says_what_is_wrong_and_not_that_nothing_was_enqueued(clerk, way):
    html = text(post(clerk, f"task={SHIP}", **way))
    assert "Correct this first, then switch." in html
    assert "Nothing was enqueued" not in html


def test_each_argument_is_kept_together_beside_json(clerk):
    html = text(clerk.get(f"/enqueue/?task={CHARGE}&mode=json"))
    html = html if 'class="takes"' in html else text(post(clerk, f"task={CHARGE}", do="json"))
    takes = html.partition('<dl class="takes">')[2].partition("</dl>")[0]
    assert takes.count("<dt>") > 1
    assert len(re.findall(r"<div>\s*<dt>.*?</dt>\s*<dd>.*?</dd>\s*</div>", takes, re.DOTALL)) == takes.count("<dt>")
