"""Acting on all that matches: the question, and the answer to it."""

from __future__ import annotations

import re
from html import unescape

REQUEUE, CANCEL = "/tasks/matching/requeue/", "/tasks/matching/cancel/"


def fields_of(page):
    """What the form of a question carries."""
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode())
    return {name: unescape(value) for name, value in hidden} | {"repeat": "yes"}


def ask(client, url=REQUEUE, query="status=failed", **values):
    page = client.post(url, {"query": query, **values})
    assert page.status_code == 200
    return page


def confirm(client, page, url=REQUEUE, **values):
    return client.post(url, fields_of(page) | values)
