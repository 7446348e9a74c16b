"""What a snapshot means: the number tiles, and the sentences that ask for attention."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from dashboard.formats import brief, capped, coarse, duration
from dashboard.selectors.snapshot import Snapshot

WAITS_TOO_LONG = timedelta(minutes=5)
FAILS_TOO_OFTEN = 0.05
FAILURES_WORTH_SAYING = 3
MOST_SENTENCES = 3


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


@dataclass(frozen=True, slots=True)
class Sentence:
    """What needs somebody: a fact, its detail, and a link to the tasks or the page where to go on."""

    title: str
    detail: str
    tone: str
    query: str = ""
    page: str = "tasks"
    link: str = "Show"
    command: str = ""


def attention(picture: Snapshot) -> list[Sentence]:
    """Return at most three sentences, the most urgent first; none when nothing needs anybody."""
    return list(sentences(picture))[:MOST_SENTENCES]


def sentences(picture: Snapshot) -> Iterator[Sentence]:
    if not picture.complete:
        detail = "The database took longer than we wait for it. The list below still works."
        yield Sentence("The numbers are missing", detail, "warn")
        return
    yield from no_workers(picture)
    yield from stalled(picture)
    yield from waiting(picture)
    yield from failing(picture)


def no_workers(picture: Snapshot) -> Iterator[Sentence]:
    if picture.fleet.live:
        return
    waits = picture.counts["queued"] or 0
    tasks = they_wait(waits) if waits else "Nothing waits yet"
    oldest = f", the oldest for {coarse(age(picture))}" if waits and picture.oldest_queued else ""
    last = picture.fleet.last_seen
    gone = f" The last one, {last}, answered {coarse(timezone.now() - last.heartbeat)} ago." if last else ""
    detail = f"{tasks}{oldest}.{gone} Start one with"
    tone = "failed" if waits or picture.counts["progress"] else "warn"
    yield Sentence(
        "No worker is running", detail, tone, page="workers", link="Workers", command="python manage.py task_worker"
    )


def stalled(picture: Snapshot) -> Iterator[Sentence]:
    live = {worker.pk for worker in picture.fleet.live}
    count = sum(row[-1] not in live for row in picture.running)
    if count:
        title = f"{count} {'task is' if count == 1 else 'tasks are'} in progress although no live worker holds them"
        yield Sentence(title, "A worker settles them within its lease.", "warn", "status=progress")


def waiting(picture: Snapshot) -> Iterator[Sentence]:
    oldest = age(picture)
    if picture.fleet.live and oldest and oldest > WAITS_TOO_LONG:
        title = f"{they_wait(picture.counts['queued'] or 0)}, the oldest for {coarse(oldest)}"
        busy = (picture.counts["progress"] or 0) >= picture.fleet.slots > 0
        detail = "All slots are busy." if busy else "Slots are free: does a worker serve their queue?"
        yield Sentence(title, detail, "warn", "status=queued")


def they_wait(count: int) -> str:
    return f"{capped(count)} {'task waits' if count == 1 else 'tasks wait'}"


def failing(picture: Snapshot) -> Iterator[Sentence]:
    if fails_too_often(picture):
        title = f"{capped(picture.failed_lately)} of {capped(picture.ended_lately)} runs failed in the last 15 min"
        yield Sentence(title, "Look at what they have in common.", "failed", "status=failed&time=1h")


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
    note = f"{capped(picture.counts['failed'])} failed in all"
    if fails_too_often(picture):
        share = f"{100 * count / max(total, 1):.0f} % of runs"
        return Tile("failed", "Failed, 15 min", capped(count), note, query, "", "failed", share)
    return Tile("failed", "Failed, 15 min", capped(count), note, query)


def throughput(picture: Snapshot) -> Tile:
    latest = picture.minutes[-1] if picture.minutes else None
    waits = picture.counts["queued"] or 0
    note = f"{capped(sum(picture.minutes))} in {len(picture.minutes)} min"
    if waits and latest and waits > latest:
        note = f"{capped(waits)} wait, about {coarse(60 * waits / latest)} of work"
    low, high = capped(min(picture.minutes, default=0)), capped(max(picture.minutes, default=0))
    label = f"Tasks ended per minute, last {len(picture.minutes)} minutes: between {low} and {high}"
    points = picture.minutes if any(picture.minutes) else ()
    return Tile("throughput", "Throughput", capped(latest), note, "status=completed", "/min", "", "", points, label)


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
