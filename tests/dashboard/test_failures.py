"""Failures by group: what they count, what their numbers open, and what is decided about them."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from dashboard.formats import window_words
from dashboard.models import FailureGroup
from dashboard.selectors import attention, fingerprints, open_groups, snapshot
from django_simple_queue.models import OperatorAction, Task
from tests.dashboard.counting import few_statements
from tests.dashboard.failing import HOURS, MAIL, PAY, URL, decide, failed
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import CHARGE, SEND, a_task, a_worker, shown

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("without_allowlist")]


def text_of(client, query=""):
    response = client.get(URL + query)
    assert response.status_code == 200
    return response.content.decode()


def row_of(html, fingerprint=PAY):
    start = html.index(f'id="f-{fingerprint}"')
    return html[start : html.index("</tr>", start)]


def window_of(html, name):
    cell = re.search(rf'data-label="{window_words(name)}">(.*?)</td>', html, re.DOTALL)
    assert cell
    link = re.search(r'href="([^"]+)">\s*([^<]+?)\s*<', cell[1])
    return (unescape(link[1]), link[2]) if link else ("", "0")


def on_tab(html, slug):
    return re.search(rf'id="tab-{slug}".*?<span class="n">(\d+)</span>', html, re.DOTALL)[1]


def test_failures_of_one_kind_are_one_row_with_its_windows(chief):
    for hours in HOURS:
        failed(hours=hours)
    failed(hours=300)
    failed(MAIL, task=SEND)
    html = text_of(chief)
    row = row_of(html)
    assert [window_of(row, name)[1] for name in ("1h", "3h", "24h", "7d")] == ["1", "2", "3", "4"]
    assert "charge_invoice" in row
    assert "CardDeclined: no funds" in row
    assert on_tab(html, "open") == "2"
    assert html.index(f"f-{MAIL}") < html.index(f"f-{PAY}")


@pytest.mark.parametrize(("name", "count"), [("1h", 1), ("3h", 2), ("24h", 3), ("7d", 4)])
@pytest.mark.ability(6)
def test_each_number_opens_exactly_the_tasks_it_counts(chief, name, count):
    mine = [failed(hours=hours) for hours in HOURS]
    failed(MAIL)
    link, number = window_of(row_of(text_of(chief)), name)
    failed(hours=-0.001)
    assert number == str(count)
    assert shown(chief.get(link).content.decode()) == [str(task.pk) for task in mine[:count]]


def test_new_quiet_and_returned_groups_are_marked(chief):
    failed(hours=5)
    failed(MAIL, hours=40)
    failed(MAIL, hours=30)
    html = text_of(chief)
    assert ">new<" in row_of(html)
    assert ">quiet<" in row_of(html, MAIL)
    assert row_of(text_of(chief, "?mark=new"))
    assert f"f-{MAIL}" not in text_of(chief, "?mark=new")


def test_only_the_worst_window_is_tinted(chief):
    for _ in range(12):
        failed()
    heats = re.findall(r"heat h(\d)", row_of(text_of(chief)))
    assert heats == ["2", "0", "0", "0"]


def test_a_resolved_group_needs_nobody_until_it_returns(chief):
    failed(hours=2)
    chief.post(f"{URL}{PAY}/resolve/")
    html = text_of(chief)
    assert (on_tab(html, "open"), on_tab(html, "resolved")) == ("0", "1")
    assert "No open failures" in html
    assert row_of(text_of(chief, "?state=resolved"))
    failed(hours=-0.001)
    html = text_of(chief)
    assert ">returned<" in row_of(html)
    assert on_tab(html, "resolved") == "0"


def test_an_ignored_group_is_never_told_and_can_be_reopened(chief):
    failed(hours=2)
    chief.post(f"{URL}{PAY}/ignore/")
    failed(hours=-0.001)
    assert on_tab(text_of(chief), "ignored") == "1"
    decide(chief, "reopen", text_of(chief, "?state=ignored"))
    assert on_tab(text_of(chief), "open") == "1"
    verbs = OperatorAction.objects.order_by("pk").values_list("verb", "actor")
    assert list(verbs) == [("ignore_group", "chief"), ("reopen_group", "chief")]


def test_the_words_say_what_happens(chief):
    failed()
    html = row_of(text_of(chief))
    assert "tell me if it returns" in html
    assert "never tell me" in html


@pytest.mark.parametrize(("most", "words"), [(1, "1+"), (2, "2")])
@pytest.mark.parametrize("known", [True, False], ids=["from the picture", "counted alone"])
def test_the_badge_says_when_there_are_more_groups_than_it_counts(chief, monkeypatch, most, words, known):
    monkeypatch.setattr(open_groups, "MOST_GROUPS", most)
    failed()
    failed(MAIL)
    snapshot.memory.forget()
    if known:
        snapshot.current()
    assert f"<b>{words}<span" in chief.get("/enqueue/").content.decode()
    assert attention.left_over(snapshot.take()).startswith(f"Nothing is wrong just now; {words} group")


def test_the_navigation_names_how_many_groups_are_open(chief):
    failed()
    snapshot.memory.forget()
    html = chief.get("/").content.decode()
    assert re.search(r"<b>1<span class=\"vh\">\s+open group\s+<", html)


def test_groups_are_found_by_task_by_class_and_by_release(chief):
    failed()
    failed(MAIL, task=SEND, error_class="smtplib.SMTPServerDisconnected", release="r2")
    for query in ("?q=charge", "?q=carddeclined", f"?task={CHARGE}", "?release=r1"):
        html = text_of(chief, query)
        assert f"f-{PAY}" in html, query
        assert f"f-{MAIL}" not in html, query
    assert "No group matches" in text_of(chief, "?q=nothing")


def test_pages_of_many_groups(chief):
    for number in range(30):
        failed(f"{number:016x}", hours=number)
    first, second = text_of(chief), text_of(chief, "?page=2")
    assert len(re.findall('id="f-', first)) == 25
    assert len(re.findall('id="f-', second)) == 5
    assert "25 of 30 groups" in first


@pytest.mark.parametrize("query", ["?page=x", "?page=-1", "?page=999999", "?state=nonsense", "?mark=x", "?q=%00"])
def test_nonsense_in_the_address_is_not_an_error(chief, query):
    failed()
    assert chief.get(URL + query).status_code == 200


def test_releases_and_a_rise_after_one(chief):
    a_worker(release="r1", started=timezone.now() - timedelta(hours=30))
    a_worker(release="r2", started=timezone.now() - timedelta(hours=2))
    for number in range(12):
        failed(hours=number / 10, release="r2" if number else "r1")
    snapshot.memory.forget()
    html = text_of(chief)
    assert "2 releases" in row_of(html)
    assert "Failures began after release r2" in html
    assert "1 group on this page was first seen after it." in html


def test_without_the_payload_no_word_of_an_error_is_told(client):
    secret = "planted-5f2e"
    failed(error=f"ValueError('{secret}')\n\nTraceback\nValueError: {secret}", error_class="builtins.ValueError")
    viewer = signed_in(client, operator("viewer", "view_task"))
    for path in (URL, f"{URL}summary/", f"{URL}{PAY}/", f"{URL}{PAY}/summary/"):
        page = viewer.get(path).content.decode()
        assert "ValueError" in page
        assert secret not in page, path
        for verb in ("resolve", "requeue"):
            assert f"/{verb}/" not in page


@pytest.mark.ability(14)
def test_secrets_in_errors_are_masked_also_in_the_summary(chief):
    text = "RuntimeError('password=hunter2')\n\nTraceback\nRuntimeError: password=hunter2"
    failed(error=text, error_class="builtins.RuntimeError")
    for path in (URL, f"{URL}summary/", f"{URL}{PAY}/", f"{URL}{PAY}/summary/"):
        assert "hunter2" not in chief.get(path).content.decode(), path


@pytest.mark.ability(14)
def test_the_summary_is_markdown_in_which_hostile_text_is_inert(chief):
    failed(task="shop.tasks.<b>x</b>", error_class="a.[E](javascript:x)", release="*r*")
    response = chief.get(f"{URL}summary/")
    assert response["Content-Type"] == "text/markdown; charset=utf-8"
    assert 'filename="failures.md"' in response["Content-Disposition"]
    text = response.content.decode()
    assert "1 in 1 h, 1 in 3 h, 1 in 24 h, 1 in 7 d" in text.replace("\xa0", " ")
    assert "<b>" not in text
    assert "[E](" not in text
    assert f"http://testserver{URL}{PAY}/" in text


def test_a_page_takes_few_queries(client):
    viewer = signed_in(client, operator("viewer", "view_task", "view_task_payload"))
    for number in range(30):
        failed(f"{number:016x}")
        failed(f"{number:016x}", hours=3)
    with few_statements():
        assert viewer.get(URL).status_code == 200


def test_more_than_is_counted_is_told_as_at_least(chief, monkeypatch):
    monkeypatch.setattr(fingerprints, "MOST_COUNTED", 0)
    now = timezone.now()
    rows = [Task(task=CHARGE, status=Task.FAILED, fingerprint=PAY, finished=now, created=now) for _ in range(505)]
    Task.objects.bulk_create(rows)
    row = row_of(text_of(chief))
    assert "501+" in row
    assert row.count("Requeue 501+ (24\xa0h)") == 2, "the button, and its name for those who do not see it"
    group = chief.get(f"{URL}{PAY}/").content.decode()
    assert group.count("Requeue 501+ (24\xa0h)") == 2


def test_failures_from_before_the_upgrade_are_told_and_opened(chief):
    failed()
    FailureGroup.objects.create(fingerprint=PAY, state=FailureGroup.State.IGNORED)
    assert "in no group" not in text_of(chief)
    assert "Everything that failed was requeued" in text_of(chief)
    a_task(Task.CANCELLED)
    old = failed("")
    snapshot.memory.forget()
    html = text_of(chief)
    address = unescape(re.search(r'id="ungrouped".*?href="(/\?[^"]+)"', html, re.DOTALL)[1])
    assert "Everything that failed was requeued" not in html
    assert shown(chief.get(address).content.decode()) == [str(old.pk)]
