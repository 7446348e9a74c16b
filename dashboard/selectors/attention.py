"""The sentences above the numbers: what needs somebody, the most urgent first, each with its next action."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext

from dashboard.filter_words import STALLED
from dashboard.formats import CAP, capped, coarse, day_and_time, number
from dashboard.selectors.headline import short
from dashboard.selectors.health import WAITS_TOO_LONG, age, fails_too_often, unhandled
from dashboard.selectors.serving import Service, remedy, standstill
from dashboard.selectors.snapshot import Snapshot
from dashboard.selectors.trouble import Repeating
from dashboard.wording import worker_command
from django_simple_queue.redaction import visible

MOST_SENTENCES = 3
NO_CLAIM_FOR = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Sentence:
    """What needs somebody: a fact, its detail, and a link to the tasks or the page where to go on."""

    title: str
    detail: str
    tone: str
    query: str = ""
    page: str = "tasks"
    link: str = ""
    command: str = ""


def attention(picture: Snapshot) -> list[Sentence]:
    """Return at most three sentences; none when nothing needs anybody."""
    return list(sentences(picture))[:MOST_SENTENCES]


def sentences(picture: Snapshot) -> Iterator[Sentence]:
    if not picture.complete:
        detail = gettext("The database took longer than we wait for it. The list below still works.")
        yield Sentence(gettext("The numbers are missing"), detail, "warn")
        return
    yield from no_workers(picture)
    yield from failing(picture)
    yield from unserved(picture)
    yield from idle(picture)
    yield from growing(picture)
    yield from stalled(picture)


def left_over(picture: Snapshot) -> str:
    """Say what nobody has handled although nothing is wrong now, "" when that is nothing."""
    if count := picture.open_groups.count:
        groups = (
            ngettext("%s group of failures is open", "%s groups of failures are open", count)
            % picture.open_groups.words
        )
        return gettext("Nothing is wrong just now; %(groups)s, %(tasks)s.") % {
            "groups": groups,
            "tasks": unhandled(picture),
        }
    return gettext("Nothing is wrong just now; some failures are in no group.") if picture.ungrouped else ""


def no_workers(picture: Snapshot) -> Iterator[Sentence]:
    if picture.fleet.live:
        return
    waits = picture.counts["queued"] or 0
    parts = [they_wait(waits, picture) if waits else gettext("Nothing waits yet")]
    if last := picture.fleet.last_seen:
        words = {"worker": last, "age": coarse(timezone.now() - last.heartbeat)}
        parts.append(gettext("The last one, %(worker)s, answered %(age)s ago") % words)
    parts.append(gettext("Start one with"))
    yield Sentence(
        gettext("No worker is running"),
        ". ".join(parts),
        "failed" if waits or picture.counts["progress"] else "warn",
        page="workers",
        link=gettext("Workers"),
        command="python manage.py task_worker",
    )


def they_wait(count: int, picture: Snapshot) -> str:
    waits = ngettext("%s task waits", "%s tasks wait", count) % capped(count)
    oldest = age(picture)
    return gettext("%(waits)s, the oldest for %(age)s") % {"waits": waits, "age": coarse(oldest)} if oldest else waits


def failing(picture: Snapshot) -> Iterator[Sentence]:
    """Say what fails again and again; else that too much fails, whatever it is."""
    if group := picture.trouble.failing:
        yield Sentence(headline(group), rate(group), "failed", found_by(group), link=gettext("Show them"))
    elif fails_too_often(picture):
        ended = picture.ended_lately
        words = {"failed": capped(picture.alarming), "ended": capped(CAP + 1) if ended is None else number(ended)}
        title = ngettext(
            "%(failed)s of %(ended)s run failed in the last 15 min",
            "%(failed)s of %(ended)s runs failed in the last 15 min",
            CAP if ended is None else ended,
        )
        detail = gettext("Look at what they have in common.")
        if handled := picture.failed_lately - picture.alarming:
            said = ngettext("%s more is handled.", "%s more are handled.", handled) % capped(handled)
            detail = f"{detail} {said}"
        yield Sentence(title % words, detail, "failed", "status=failed&time=15m")


def headline(group: Repeating) -> str:
    count = number(group.count) + ("+" if group.more else "")
    words = {"task": short(group.task), "error": short(group.error_class) or gettext("an error"), "count": count}
    said = gettext("%(task)s: %(error)s, %(count)s since %(time)s") % {**words, "time": time_of(group.since)}
    return visible(said)


def rate(group: Repeating) -> str:
    if group.per_minute >= 1:
        return gettext("Still failing, %s a minute.") % round(group.per_minute)
    if group.lately:
        return gettext("Still failing, %s in the last 5 min.") % group.lately
    return gettext("Quiet for %s.") % coarse(timezone.now() - group.latest)


def found_by(group: Repeating) -> str:
    since = group.since.astimezone(timezone.get_current_timezone())
    return urlencode({"status": "failed", "fingerprint": group.fingerprint, "since": since.isoformat()})


def time_of(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{local:%H:%M}" if local.date() == timezone.localdate() else day_and_time(local)


def unserved(picture: Snapshot) -> Iterator[Sentence]:
    for left in picture.trouble.unserved[:2]:
        yield at_a_standstill(left) if left.workers else without_worker(left.queue)


def without_worker(queue: str) -> Sentence:
    title = gettext("No worker serves the queue %s") % visible(queue)
    detail = gettext("Its tasks wait until a worker takes from it. Start one with")
    query = urlencode({"status": "queued", "queue": queue})
    return Sentence(title, detail, "warn", query, command=worker_command(queue))


def at_a_standstill(left: Service) -> Sentence:
    title = gettext("No worker takes tasks of the queue %s") % visible(left.queue)
    detail = f"{capfirst(standstill(left.workers))}. {remedy(left.workers)}"
    link = gettext("Workers")
    return Sentence(title, detail, "warn", page="workers", link=link, command=worker_command(left.queue))


def idle(picture: Snapshot) -> Iterator[Sentence]:
    """Say that tasks wait too long: because every slot is busy, or although slots are free."""
    oldest = age(picture)
    if not picture.fleet.live or oldest is None or picture.trouble.unserved:
        return
    busy = picture.fleet.slots > 0 and not picture.fleet.free(picture.counts["progress"] or 0)
    claimed = picture.last_claim
    if not busy and oldest > NO_CLAIM_FOR and (claimed is None or picture.taken - claimed > NO_CLAIM_FOR):
        since = coarse(picture.taken - claimed) if claimed else coarse(oldest)
        title = gettext("No worker has claimed anything for %s") % since
        detail = gettext("%s. Slots are free: is a queue paused, or are the workers?")
        yield Sentence(title, detail % they_wait(free(picture), picture), "warn", page="workers")
    elif oldest > WAITS_TOO_LONG:
        detail = gettext("All slots are busy.") if busy else gettext("Slots are free: does a worker serve their queue?")
        yield Sentence(they_wait(free(picture), picture), detail, "warn", "status=queued")


def free(picture: Snapshot) -> int:
    """Return how many wait in queues that are not paused."""
    return max((picture.counts["queued"] or 0) - picture.held, 0)


def growing(picture: Snapshot) -> Iterator[Sentence]:
    if picture.trouble.growing:
        name, flow = picture.trouble.growing
        words = {"queue": visible(name), "coming": number(round(flow.coming)), "going": number(round(flow.going))}
        title = gettext("The queue %(queue)s grows: %(coming)s in, %(going)s out a minute") % words
        query = urlencode({"status": "queued", "queue": name})
        waits = ngettext("%s waits.", "%s wait.", flow.waiting) % capped(flow.waiting)
        yield Sentence(title, waits, "warn", query)


def stalled(picture: Snapshot) -> Iterator[Sentence]:
    if count := picture.stalled:
        title = ngettext(
            "%s task is in progress although no live worker holds it",
            "%s tasks are in progress although no live worker holds them",
            count,
        )
        query = f"status=progress&has={STALLED}"
        yield Sentence(title % capped(count), settling(picture), "warn", query)


def settling(picture: Snapshot) -> str:
    if picture.fleet.live:
        return gettext("A worker settles them within its lease.")
    return gettext("No worker is alive to settle them; the first one that starts does.")
