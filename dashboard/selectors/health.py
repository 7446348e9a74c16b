"""What a snapshot means in numbers: the tiles, neutral until a threshold breaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext

from dashboard.formats import CAP, brief, capped, coarse, duration
from dashboard.selectors.snapshot import Snapshot

WAITS_TOO_LONG = timedelta(minutes=5)
FAILS_TOO_OFTEN = 0.05
FAILURES_WORTH_SAYING = 3


@dataclass(frozen=True, slots=True)
class Tile:
    """One number; ``tone`` is "" until a threshold breaks, then "warn" or "failed", and ``reason`` says which."""

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
    enough = picture.failed_lately >= FAILURES_WORTH_SAYING
    return enough and picture.failed_lately > FAILS_TOO_OFTEN * picture.ended_lately


def age(picture: Snapshot) -> timedelta | None:
    return picture.taken - picture.oldest_queued if picture.oldest_queued else None


def tiles(picture: Snapshot) -> list[Tile]:
    """Return the number tiles, from the queue to the workers."""
    return [
        queued(picture),
        running(picture),
        failed(picture),
        throughput(picture),
        run_time(picture),
        workers(picture),
    ]


def queued(picture: Snapshot) -> Tile:
    value, oldest = capped(picture.counts["queued"]), age(picture)
    if oldest is None:
        note = "about to be taken" if picture.counts["queued"] else "nothing waits"
        return Tile("queued", "Queued", value, note, "status=queued")
    note = f"oldest waits {coarse(max(oldest, timedelta()))}"
    if oldest > WAITS_TOO_LONG:
        return Tile("queued", "Queued", value, f"limit {coarse(WAITS_TOO_LONG)}", "status=queued", "", "warn", note)
    return Tile("queued", "Queued", value, note, "status=queued")


def running(picture: Snapshot) -> Tile:
    count, slots = picture.counts["progress"], picture.fleet.slots
    if not slots and count:
        return Tile(
            "progress", "In progress", capped(count), "", "status=progress", "", "warn", "held by a lost worker"
        )
    if count and count > slots > 0:
        ahead = f"of {slots} slots, {capped(count - slots)} handed out ahead"
        return Tile("progress", "In progress", capped(slots), ahead, "status=progress")
    free = f", {slots - (count or 0)} free" if slots > (count or 0) else ""
    return Tile("progress", "In progress", capped(count), f"of {slots} slots{free}", "status=progress")


def failed(picture: Snapshot) -> Tile:
    count, total = picture.failed_lately, picture.ended_lately
    query = "status=failed"
    note = f"{capped(picture.unhandled)} not handled" if picture.unhandled else "all are handled"
    if fails_too_often(picture):
        share = f"{100 * count / max(total, 1):.0f} % of runs"
        return Tile("failed", "Failed, 15 min", capped(count), note, query, "", "failed", share)
    return Tile("failed", "Failed, 15 min", capped(count), note, query)


def throughput(picture: Snapshot) -> Tile:
    latest = picture.minutes[-1] if picture.minutes else None
    note = f"{capped(sum(picture.minutes))} in {len(picture.minutes)} min"
    if left := drained_in(picture):
        note = gettext("drains the queue in about %s") % coarse(left)
    low, high = capped(min(picture.minutes, default=0)), capped(max(picture.minutes, default=0))
    label = f"Tasks ended per minute, last {len(picture.minutes)} minutes: between {low} and {high}"
    points = picture.minutes if any(picture.minutes) else ()
    return Tile("throughput", "Throughput", capped(latest), note, "status=completed", "/min", "", "", points, label)


def drained_in(picture: Snapshot) -> float | None:
    """Return in how many seconds nothing will wait; None while not clearly more goes out than comes in."""
    waits, going = picture.counts["queued"] or 0, max(picture.minutes[-3:], default=0)
    if waits <= going or waits > CAP or picture.trouble.growing:
        return None
    return 60 * waits / going if going > picture.came_lately else None


def run_time(picture: Snapshot) -> Tile:
    if not picture.run_seconds:
        return Tile("run-time", "Run time, p95", capped(None), "no runs in the last hour", "status=completed")
    median, wait = percentile(picture.run_seconds, 50), percentile(picture.wait_seconds, 95)
    note = f"median {brief(median)} · wait p95 {brief(wait)}"
    return Tile("run-time", "Run time, p95", duration(percentile(picture.run_seconds, 95)), note, "status=completed")


def workers(picture: Snapshot) -> Tile:
    live = picture.fleet.live
    if live:
        return Tile("workers", "Workers", str(len(live)), f"{picture.fleet.slots} slots, all alive")
    last = picture.fleet.last_seen
    reason = f"last heartbeat {coarse(timezone.now() - last.heartbeat)} ago" if last else "none has started yet"
    return Tile("workers", "Workers", "0", "", "", "", "failed" if picture.counts["queued"] else "warn", reason)


def percentile(ordered: Sequence[float], percent: int) -> float | None:
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] if ordered else None
