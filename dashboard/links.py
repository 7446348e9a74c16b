"""Links of the host project on a task's page: to its trace, its logs, the order that it belongs to."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.module_loading import import_string

from django_simple_queue import conf
from django_simple_queue.models import Task
from django_simple_queue.models.primary import alias
from django_simple_queue.redaction import visible

logger = logging.getLogger(__name__)
LONGEST_LABEL = 80
MOST = 20


class Link(NamedTuple):
    label: str
    url: str


class Links(list[Link]):
    """The links of one task; ``broken`` counts the callables that raised or returned something else."""

    broken = 0


def host_links(task: Task) -> Links:
    """Ask each callable of DASHBOARD_LINKS for its links of ``task``; one that fails is logged, and the page stands."""
    links = Links()
    for path in conf.get_dashboard_links():
        try:
            with transaction.atomic(using=alias()):  # what it breaks in there spoils the page no more
                links += checked(function_at(path)(task))
        except Exception:
            links.broken += 1
            logger.exception("%s of %sDASHBOARD_LINKS failed for task %s", path, conf.PREFIX, task.pk)
    del links[MOST:]
    return links


@lru_cache(maxsize=64)
def function_at(path: str) -> Callable[[Task], Any]:
    found: Callable[[Task], Any] = import_string(path)
    return found


def checked(found: Any) -> Iterator[Link]:
    """Yield the links in what a callable returned: (label, url), a list of those, or None."""
    for each in [found] if isinstance(found, (tuple, str)) else found or ():
        if isinstance(each, str) or len(each) != 2:
            raise ValueError(f"{each!r:.200} is not (label, url).")
        label, url = each
        if not is_safe(str(url)):
            raise ValueError(f"{url!r:.200} is not a link: it must begin with https://, http:// or /.")
        yield Link(visible(str(label))[:LONGEST_LABEL], str(url))


def is_safe(url: str) -> bool:
    """Tell whether a browser goes to a page by ``url``, and does nothing else."""
    if url != visible(url) or any(character.isspace() for character in url):
        return False
    scheme, host = urlsplit(url)[:2]
    return bool(host) if scheme in ("http", "https") else url.startswith("/") and not url.startswith(("//", "/\\"))
