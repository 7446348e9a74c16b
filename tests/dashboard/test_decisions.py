"""What is decided about a group holds for what was shown, and nobody overwrites another's decision unseen."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from dashboard import groups
from dashboard.models import FailureGroup
from dashboard.selectors.group_page import read_group
from django_simple_queue.models import OperatorAction
from tests.dashboard.answers import said, text_of
from tests.dashboard.failing import PAY, URL, decide, failed
from tests.dashboard.people import operator, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("without_allowlist")]


@pytest.fixture
def omar():
    return signed_in(Client(), operator("omar", superuser=True))


def shown(client, address=URL):
    return client.get(address).content.decode()


def state():
    return FailureGroup.objects.values_list("state", "set_by").get()


@pytest.mark.parametrize("address", [URL, f"{URL}{PAY}/"])
def test_a_failure_that_nobody_has_seen_is_not_resolved_with_the_others(chief, address):
    failed(hours=2)
    page = shown(chief, address)
    failed(hours=0.001)
    assert said(decide(chief, "resolve", page)) == "Resolved as it was shown. It has failed again since."
    assert "Returned" in text_of(chief.get(f"{URL}{PAY}/"))


def test_what_was_resolved_is_told_when_it_returns_and_says_when_it_was_decided(chief):
    failed(hours=2)
    assert said(decide(chief, "resolve", shown(chief))) == "Resolved. You are told if it returns."
    assert timezone.now() - FailureGroup.objects.get().since < timedelta(minutes=1)


@pytest.mark.parametrize("first", ["resolve", "ignore"])
def test_whoever_comes_second_is_told_who_decided_and_changes_nothing(chief, omar, first):
    failed(hours=2)
    page = shown(chief)
    decide(omar, first, page)
    four_seconds_ago = timezone.now() - timedelta(seconds=4)
    OperatorAction.objects.update(created=four_seconds_ago), FailureGroup.objects.update(since=four_seconds_ago)
    done = {"resolve": "resolved", "ignore": "ignored"}[first]
    for verb in ("ignore", "resolve"):
        assert re.fullmatch(rf"omar {done} this [45] s ago\. Nothing done\.", said(decide(chief, verb, page)))
    assert state() == (done, "omar")
    assert OperatorAction.objects.count() == 1


def test_a_decision_that_returned_is_not_overwritten_by_who_saw_it_before_another_one(chief, omar):
    failed(hours=2)
    decide(omar, "resolve", shown(omar))
    failed(hours=-0.001)
    page = shown(chief)
    decide(omar, "ignore", page)
    assert "omar ignored this" in said(decide(chief, "resolve", page))
    assert state() == ("ignored", "omar")


def test_what_changes_nothing_is_not_written_down(chief):
    failed(hours=2)
    assert said(chief.post(f"{URL}{PAY}/reopen/")) == "Nobody has decided anything about it. Nothing done."
    assert not OperatorAction.objects.exists()
    decide(chief, "ignore", shown(chief))
    again = decide(chief, "ignore", shown(chief, f"{URL}?state=ignored"))
    assert "You ignored this" in said(again)
    assert OperatorAction.objects.count() == 1


@pytest.mark.parametrize("decided_before", [False, True])
def test_two_at_the_same_moment_are_one_decision(chief, decided_before):
    failed(hours=2)
    if decided_before:
        decide(chief, "ignore", shown(chief))
    read = [read_group(PAY, timezone.now(), with_payload=False) for _ in range(2)]
    verb = "reopen_group" if decided_before else "resolve_group"
    made = [
        groups.judge(verb, group, "omar", decision=group.decision, until=timezone.now()) is not None for group in read
    ]
    assert made == [True, False]
