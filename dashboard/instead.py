"""What a text that finds nothing was probably meant as: the same in words that the search box knows."""

from __future__ import annotations

import re

from dashboard import tokens
from dashboard.hints import STATUSES
from django_simple_queue import conf

NUMBERED = re.compile(r"#(\d+)")


def instead(text: str) -> str:
    """Return another text to search for: a task by its title or name, a status, a number alone; "" if none comes up."""
    words = [meant(word) for word in tokens.split(with_names(text))]
    keyed = [word for word in words if tokens.TOKEN.match(word)]
    plain = [word for word in words if word not in keyed]
    numbers = [word for word in plain if any(letter.isdigit() for letter in word)]
    other = keyed + (numbers if len(numbers) == 1 else plain)
    return " ".join(map(tokens.quoted, other)) if other != tokens.split(text) else ""


def with_names(text: str) -> str:
    """Return ``text`` with the titles of tasks replaced by what finds those."""
    words = titles()
    longest_first = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    any_title = re.compile(rf"(?<!\w)(?:{longest_first})(?!\w)", re.IGNORECASE)
    return any_title.sub(lambda found: words.get(found[0].lower(), found[0]), text)


def titles() -> dict[str, str]:
    titled = {path: conf.get_task_options(path).title.lower() for path in conf.get_allowed_tasks() or ()}
    return {title: task_word(path) for path, title in titled.items() if title}


def task_word(path: str) -> str:
    name = path.rpartition(".")[2]
    return f"task:{name if tokens.task_named(name) == path else path}"


def meant(word: str) -> str:
    if word.lower() in STATUSES:
        return f"status:{word.lower()}"
    if (path := tokens.task_named(word)) != word:
        return task_word(path)
    numbered = NUMBERED.fullmatch(word)
    return numbered[1] if numbered else word
