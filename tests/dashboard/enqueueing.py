"""What the tests of the enqueue page enqueue, and the typed form as a browser sends it."""

from __future__ import annotations

import re
from uuid import uuid4

SHOP = "tests.dashboard.shop"
SHIP, CHARGE = f"{SHOP}.ship", f"{SHOP}.charge"
SECRET = "hunter2hunter2"


def post(client, query=f"task={SHIP}", **fields):
    return client.post(f"/enqueue/?{query}", {"token": str(uuid4()), **fields})


def text(response):
    return response.content.decode().replace("&quot;", '"').replace("&#x27;", "'").replace("&amp;", "&")


def inputs(html):
    """The hidden and typed fields of a page as a browser would send them."""
    found = dict(re.findall(r'<input\s+class="input"[^>]*\sname="(a\.[^"]+)"[^>]*\svalue="([^"]*)"', html))
    found |= dict(re.findall(r'<input type="hidden" name="(a\.[^"]+)" value="([^"]*)"', html))
    return found | dict(re.findall(r'<textarea\s[^>]*name="(a\.[^"]+|args)"[^>]*>\n(.*?)</textarea>', html, re.DOTALL))
