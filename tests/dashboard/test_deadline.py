"""Statements that take too long: they are ended, the page says so, and nested limits hold."""

from __future__ import annotations

import pytest
from django.db import connection

from dashboard import access
from dashboard.deadline import TookTooLong, deadline
from tests.dashboard.people import operator, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.postgres]
ENDLESS = {
    "sqlite": "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT MAX(i) FROM n",
    "postgresql": "SELECT PG_SLEEP(60)",
}


def ask_for_ever() -> None:
    with connection.cursor() as cursor:
        cursor.execute(ENDLESS[connection.vendor])
        cursor.fetchall()


def test_a_statement_that_takes_too_long_is_ended():
    with pytest.raises(TookTooLong, match=r"0\.1 s"), deadline(0.1):
        ask_for_ever()


def test_after_an_inner_limit_the_outer_one_holds_again():
    with pytest.raises(TookTooLong), deadline(0.2):
        with deadline(0.1):
            pass
        ask_for_ever()


def test_an_inner_limit_allows_no_more_than_the_outer_one():
    with pytest.raises(TookTooLong, match=r"0\.1 s"), deadline(0.1), deadline(60):
        ask_for_ever()


def test_a_page_that_took_too_long_says_so_and_is_not_repeated_by_itself(rf, client):
    def view(request):
        with deadline(0.1):
            ask_for_ever()

    request = rf.get("/activity/")
    request.user = operator("eva", "view_task")
    request.session = signed_in(client, request.user).session
    html = access.operator()(view)(request)
    assert html.status_code == 503
    assert b"This took too long" in html.content
    assert b"http-equiv" not in html.content
    assert "Retry-After" not in html


@pytest.mark.parametrize("query", ["who=%00", "q=%00", "verb=a%00b"])
def test_a_nul_in_what_activity_is_filtered_by_is_no_outage(client, query):
    chief = signed_in(client, operator("chief", superuser=True))
    assert chief.get(f"/activity/?{query}").status_code in (200, 404)


@pytest.mark.parametrize("address", ["/tasks/suggestions/?q=args:&task=a%00b", "/?q=worker:a%00b:12"])
def test_a_nul_in_the_search_box_is_no_outage(client, address):
    chief = signed_in(client, operator("chief", superuser=True))
    assert chief.get(address, follow=True).status_code in (200, 404)


def test_a_run_time_beyond_all_measure_is_refused_in_words(client):
    chief = signed_in(client, operator("chief", superuser=True))
    html = chief.get("/", {"duration": ">999999998d"})
    assert html.status_code == 200
    assert b"10s" in html.content
