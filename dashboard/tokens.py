"""``key:value`` words in the search box: they become the parameters that the selects would have set."""

from __future__ import annotations

import re
from uuid import UUID

from django.http import QueryDict

from dashboard import ids
from dashboard.deadline import deadline
from dashboard.filter_words import STALLED
from dashboard.states import STALLED as STALLED_STATE
from django_simple_queue import conf
from django_simple_queue.models import Worker

KEYS = tuple("status task queue worker error args attempt duration has time since until".split())
READ = frozenset({"q", *KEYS})
TOKEN = re.compile(rf"^({'|'.join(KEYS)}|fingerprint):(.+)$", re.DOTALL | re.IGNORECASE)
IN_ANY_CASE = ("status", "has", "time")
QUOTED = re.compile(r"""\"((?:[^"]|"")*)"|(?<![^\s:=])'([^']*)'(?!\S)|(?<![^\s:=])"((?:[^"]|"")+)\Z""")
WORD = re.compile(rf"(?:{QUOTED.pattern}|\S)+")
TYPED = re.compile(r"""(?:"(?:[^"]|"")*(?:"|\Z)|(?<![^\s:=])'[^']*(?:'(?!\S)|\Z)|\S)+""")  # as in search.js
ADDRESS = re.compile(r"https?://[^\s?#]+/tasks/([^\s/?#]+)/?(?:[?#]\S*)?")
PLAIN = re.compile(r"""[^\s"']+""")


def spread(query: QueryDict) -> QueryDict | None:
    """Return the query as its own parameters say it: ``key:value`` words of its text moved there; None if it does."""
    if query.keys().isdisjoint(READ):
        return None
    words = split(query.get("q", ""))
    tokens = [match.groups() for match in map(TOKEN.match, words) if match]
    moved = query.copy()
    if tokens:
        moved["q"] = " ".join(word for word in words if not TOKEN.match(word))
    for name, value in tokens:
        moved[name.lower()] = value
    plain = understood(moved)
    return None if plain == query else without_empty(plain)


def understood(query: QueryDict) -> QueryDict:
    """Return the query with what its parameters stand for, whoever wrote them: the search box, a link, a hand."""
    plain = query.copy()
    for name in KEYS:
        if value := plain.get(name):
            for parameter, meaning in meant(name, value).items():
                plain[parameter] = meaning
    return plain


def without_empty(query: QueryDict) -> QueryDict:
    for name in [name for name, value in query.items() if not value]:
        del query[name]
    return query


def split(text: str) -> list[str]:
    """Return the words of ``text``; quotes keep words together, ``""`` in them is a quote; a backslash is itself.

    A quote that is not closed goes to the end.
    """
    return [QUOTED.sub(within, word[0]) for word in WORD.finditer(text)]


def within(quotes: re.Match[str]) -> str:
    return quotes[2] if quotes[2] is not None else (quotes[1] or quotes[3] or "").replace('""', '"')


def last_word(text: str) -> str:
    """Return the word that is being typed, "" when none is, without an opening quote that is not closed yet."""
    words = [word for word in TYPED.finditer(text) if word.end() == len(text)]
    return words[0][0].replace('"', "") if words else ""


def meant(name: str, value: str) -> dict[str, str]:
    """Return the parameters that a typed value stands for: a task by its last name, a worker by host:pid."""
    value = value.lower() if name in IN_ANY_CASE else value
    if name == "task":
        return {name: task_named(value)}
    if (name, value) == ("status", STALLED_STATE.slug):
        return {"status": "progress", "has": STALLED}
    return {name: worker_named(value) if name == "worker" else value}


def task_named(text: str) -> str:
    allowed = conf.get_allowed_tasks() or set()
    fits = [path for path in allowed if path == text or path.rpartition(".")[2] == text]
    return fits[0] if len(fits) == 1 else text


def worker_named(text: str) -> str:
    host, colon, pid = text.rpartition(":")
    if ids.whole(text) or not (colon and pid.isdecimal() and len(pid) < 10):
        return text
    named = Worker.objects.filter(host=host, pid=int(pid)).order_by("-started")
    with deadline():
        return str(named.values_list("pk", flat=True).first() or text)


def pasted_id(query: QueryDict) -> UUID | None:
    """Return the id when the text is nothing but an id, or the address of a task's page."""
    text = query.get("q", "").strip()
    address = ADDRESS.fullmatch(text)
    return ids.whole(address[1] if address else text)


def quoted(value: str) -> str:
    """Return ``value`` as it is typed after a key: in quotes when it would not stay one word."""
    return value if PLAIN.fullmatch(value) else '"{}"'.format(value.replace('"', '""'))
