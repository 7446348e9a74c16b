"""What an answer of the console says."""

from __future__ import annotations

import re

from django.contrib.messages import get_messages


def said(response):
    """The newest message that waits to be shown."""
    return str(list(get_messages(response.wsgi_request))[-1])


def text_of(page):
    """Its words without the markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page.content.decode()))
