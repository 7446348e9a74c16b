"""What a snapshot means in numbers: the tiles, neutral until a threshold breaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext, ngettext

from dashboard.formats import CAP, brief, capped, coarse, duration, number
from dashboard.selectors.fleet import Fleet
from dashboard.selectors.minutes import WINDOW
from dashboard.selectors.runs import percentile
from dashboard.selectors.snapshot import SAMPLE, Snapshot
from django_simple_queue.models import Worker

WAITS_TOO_LONG = timedelta(minutes=5)
FAILS_TOO_OFTEN = 0.05
FAILURES_WORTH_SAYING = 3
RUNS = "status=completed&time=1h"


@dataclass(frozen=True, slots=True)
class Tile:
    """One number; ``tone`` is "" until a threshold breaks, then "warn" or "failed", and ``reason`` says which.

    Without a ``query`` no list holds just what is counted; that of the workers leads to their page.
    """

    slug: str
    label: str
    value: str
    note: str
    query: str = ""
    unit: str = ""
    tone: str = ""
    reason: str = ""
    points: Sequence[int] = ()
    points_label: str = ""


def fails_too_often(picture: Snapshot) -> bool:
    """What somebody has resolved or ignored alarms nobody; of more runs than are counted no share is known."""
    if picture.ended_lately is None:
        return picture.alarming > CAP
    enough = picture.alarming >= FAILURES_WORTH_SAYING
    return enough and picture.alarming > FAILS_TOO_OFTEN * picture.ended_lately


def age(picture: Snapshot) -> timedelta | None:
    return picture.taken - picture.oldest_queued if picture.oldest_queued else None


def tiles(picture: Snapshot) -> list[Tile]:
    """Return the number tiles, from the queue to the workers; without an answer of the database none says a number."""
    found = [
        queued(picture),
        running(picture),
        failed(picture),
        throughput(picture),
        run_time(picture),
        workers(picture),
    ]
    return found if picture.complete else [unknown(tile) for tile in found]


def unknown(tile: Tile) -> Tile:
    return Tile(tile.slug, tile.label, capped(None), gettext("not known now"), tile.query)


def queued(picture: Snapshot) -> Tile:
    value, oldest = capped(picture.counts["queued"]), age(picture)
    if oldest is None:
        note = gettext("about to be taken") if picture.counts["queued"] else gettext("nothing waits")
        note = gettext("held by a pause") if picture.held else note
        return Tile("queued", gettext("Queued"), value, note, "status=queued")
    note = gettext("oldest waits %(age)s") % {"age": coarse(max(oldest, timedelta()))}
    if oldest > WAITS_TOO_LONG:
        limit = gettext("limit %(age)s") % {"age": coarse(WAITS_TOO_LONG)}
        return Tile("queued", gettext("Queued"), value, limit, "status=queued", "", "warn", note)
    return Tile("queued", gettext("Queued"), value, note, "status=queued")


def running(picture: Snapshot) -> Tile:
    count, slots = picture.counts["progress"], picture.fleet.slots
    if not slots and count:
        held = gettext("held by a lost worker")
        return Tile("progress", gettext("In progress"), capped(count), "", "status=progress", "", "warn", held)
    if count and count > slots > 0:
        words = {"slots": slots, "ahead": capped(count - slots)}
        ahead = ngettext(
            "of %(slots)s slot, %(ahead)s handed out ahead", "of %(slots)s slots, %(ahead)s handed out ahead", slots
        )
        return Tile("progress", gettext("In progress"), capped(slots), ahead % words, "status=progress")
    return Tile("progress", gettext("In progress"), capped(count), room(picture.fleet, count), "status=progress")


def room(fleet: Fleet, taken: int | None) -> str:
    """Say how many slots there are, and how many of them are free when all that runs was counted."""
    if taken is not None and taken <= CAP and (free := fleet.free(taken)):
        words = ngettext("of %(slots)s slot, %(free)s free", "of %(slots)s slots, %(free)s free", fleet.slots)
        return words % {"slots": fleet.slots, "free": free}
    return ngettext("of %s slot", "of %s slots", fleet.slots) % fleet.slots


def failed(picture: Snapshot) -> Tile:
    count, query = picture.failed_lately, "status=failed&time=15m"
    note = unhandled(picture) or gettext("all are handled")
    if fails_too_often(picture):
        return Tile("failed", gettext("Failed, 15 min"), capped(count), note, query, "", "failed", alarm(picture))
    return Tile("failed", gettext("Failed, 15 min"), capped(count), note, query)


def alarm(picture: Snapshot) -> str:
    """Say by how much too many fail, if all was counted; what is handled is not in that share."""
    if picture.ended_lately is None or picture.alarming > CAP:
        return gettext("%(count)s not handled") % {"count": capped(picture.alarming)}
    ended = picture.ended_lately
    share = ngettext("%(share)s %% of %(runs)s run", "%(share)s %% of %(runs)s runs", ended)
    said = share.replace(" %%", "\N{NO-BREAK SPACE}%%") % {
        "share": f"{100 * picture.alarming / max(ended, 1):.0f}",
        "runs": number(ended),
    }
    if handled := picture.failed_lately - picture.alarming:
        return gettext("%(share)s, without %(count)s handled") % {"share": said, "count": capped(handled)}
    return said


def unhandled(picture: Snapshot) -> str:
    """Say what nobody has handled yet, "" when that is nothing."""
    if count := picture.open_groups.tasks:
        more = "+" if picture.open_groups.more and count <= CAP else ""
        return gettext("%(count)s not handled") % {"count": capped(count) + more}
    return gettext("some are in no group") if picture.ungrouped else ""


def throughput(picture: Snapshot) -> Tile:
    latest = picture.minutes[-1] if picture.minutes else None
    minutes = {"count": capped(sum(picture.minutes)), "minutes": len(picture.minutes)}
    note = gettext("%(count)s in %(minutes)s min") % minutes
    if left := drained_in(picture):
        note = gettext("drains the queue in about %s") % coarse(left)
    points = picture.minutes if any(picture.minutes) else ()
    title, unit, label = gettext("Throughput"), gettext("/min"), spread(picture)
    return Tile("throughput", title, capped(latest), note, "", unit, "", "", points, label)


def spread(picture: Snapshot) -> str:
    low, high = capped(min(picture.minutes, default=0)), capped(max(picture.minutes, default=0))
    words = {"minutes": len(picture.minutes), "low": low, "high": high}
    return gettext("Tasks ended per minute, last %(minutes)s minutes: between %(low)s and %(high)s") % words


def drained_in(picture: Snapshot) -> float | None:
    """Return in how many seconds nothing will wait; None while not clearly more goes out than comes in."""
    waits, going = picture.counts["queued"] or 0, max(picture.minutes[-3:], default=0)
    if waits <= going or waits > CAP or picture.trouble.growing:
        return None
    return 60 * waits / going if going > picture.came_lately else None


def run_time(picture: Snapshot) -> Tile:
    if not picture.run_seconds:
        nothing = gettext("no runs in the last hour")
        return Tile("run-time", gettext("Run time, p95"), capped(None), nothing, RUNS)
    median, wait = percentile(picture.run_seconds, 0.5), percentile(picture.wait_seconds, 0.95)
    note = gettext("median %(median)s · wait p95 %(wait)s") % {"median": brief(median), "wait": brief(wait)}
    if (runs := len(picture.run_seconds)) == SAMPLE:
        note = f"{note} · {ngettext('latest %s run', 'latest %s runs', runs) % number(runs)}"
    slow = duration(percentile(picture.run_seconds, 0.95))
    return Tile("run-time", gettext("Run time, p95"), slow, note, RUNS)


def workers(picture: Snapshot) -> Tile:
    if picture.fleet.size:
        return Tile("workers", gettext("Workers"), capped(picture.fleet.size), company(picture.fleet, picture.taken))
    last = picture.fleet.last_seen
    reason = gettext("none has started yet")
    if last:
        reason = gettext("last heartbeat %(age)s ago") % {"age": coarse(timezone.now() - last.heartbeat)}
    tone = "failed" if picture.counts["queued"] else "warn"
    return Tile("workers", gettext("Workers"), "0", "", "", "", tone, reason)


def company(fleet: Fleet, now: datetime) -> str:
    """Say how many slots there are, and how many workers take nothing, or have been lost lately."""
    paused = sum(worker.state == Worker.State.PAUSED for worker in fleet.live)
    draining = sum(worker.state == Worker.State.DRAINING for worker in fleet.live)
    parts = [ngettext("%s slot", "%s slots", fleet.slots) % fleet.slots]
    parts += [gettext("%(count)s paused") % {"count": paused}] if paused else []
    parts += [gettext("%(count)s draining") % {"count": draining}] if draining else []
    if lost := sum(is_lost(worker, now) for worker in fleet.workers.values()):
        parts.append(gettext("%(count)s lost in 15 min") % {"count": lost})
    return ", ".join(parts if len(parts) > 1 else [*parts, gettext("all alive")])


def is_lost(worker: Worker, now: datetime) -> bool:
    """Tell whether a worker has gone without a word, whether or not another one has found that yet."""
    if worker.state in Worker.LIVE_STATES:
        return not worker.is_live  # type: ignore[attr-defined]
    return worker.state == Worker.State.LOST and (worker.ended or worker.lease_until) > now - WINDOW
