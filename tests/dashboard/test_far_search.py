"""One task among 200 000: found at once, or the answer says how far back it has looked and leads on."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.db import connection

from django_simple_queue.models import Task
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import shown

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.postgres]
COUNT, WANTED = 200_000, 48_213
IDS = {"postgresql": "md5(n::text)::uuid", "sqlite": "printf('%032x', n)"}
AGO = {
    "postgresql": f"now() - ({COUNT} - n) * interval '1 second'",
    "sqlite": f"strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || ({COUNT} - n) || ' seconds')",
}
FILL = """INSERT INTO {table} (id, created, modified, run_after, finished, task, status, args)
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})
    SELECT {id}, {ago}, {ago}, {ago}, {ago}, 'shop.tasks.send', 2, '{{"order_id": ' || n || '}}' FROM numbers"""


@pytest.mark.parametrize("query", ["order_id=48213", "args:order_id=48213"])
@pytest.mark.ability(7)
def test_it_is_found_or_the_window_is_stated(client, query):
    values = {"table": Task._meta.db_table, "count": COUNT, "id": IDS[connection.vendor], "ago": AGO[connection.vendor]}
    with connection.cursor() as cursor:
        cursor.execute(FILL.format(**values))
    signed_in(client, operator("chief", superuser=True))
    response, pages = client.get("/", {"q": query}, follow=True), 1
    while not (found := shown(html := response.content.decode())):
        assert "Searched back to" in html
        onward = re.search(r'href="(/[^"]*older=[^"]*)"', html)
        assert onward, "nothing was found and there is no way on"
        response, pages = client.get(unescape(onward[1])), pages + 1
        assert pages < 50
    assert Task.objects.get(pk=found[0]).args == f'{{"order_id": {WANTED}}}'
