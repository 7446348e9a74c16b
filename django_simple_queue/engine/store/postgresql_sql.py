"""What is said to PostgreSQL: batches are binary arrays bound on the server (far cheaper than text)."""

from __future__ import annotations

from django_simple_queue.engine.store.sql import (
    CLAIMED,
    ORDER,
    TASK,
    WORKER,
    Dialect,
    count,
    firsts,
    longest_due,
    look,
    needs,
    ripe,
)
from django_simple_queue.models import Worker
from django_simple_queue.models.contention import PATIENCE_SECONDS
from django_simple_queue.models.states import DUE_SQL

NOW = "STATEMENT_TIMESTAMP()"
TURN = "TRANSACTION_TIMESTAMP()"
"""When the turn began: what an ending has waited was measured just before."""
DUE, WAITS = DUE_SQL["postgresql"]
SQL = Dialect(
    now=NOW,
    began=f"{TURN} - (new_waited + new_ran) * INTERVAL '1 second'",
    ended=f"{TURN} - new_waited * INTERVAL '1 second'",
    hence=f"{NOW} + new_delay * INTERVAL '1 second'",
    due=DUE,
    waits=WAITS,
    until=(
        f"CASE WHEN ISFINITE(run_after) THEN EXTRACT(EPOCH FROM run_after - {NOW})::float8 "
        f"WHEN run_after < {NOW} THEN 0 END"
    ),
    value="new_{}".format,
    constant="%({})b".format,
).statements()

KEPT = {"id": "uuid", "epoch": "int8"}
RAN = KEPT | {"output": "text", "log": "text", "pid": "int4", "ran": "float8", "waited": "float8"}
WRONG = {"error": "text", "error_class": "text", "fingerprint": "text", "frames": "text"}
FAILED = RAN | WRONG | {"retry": "bool", "delay": "float8"}
VALUES = {"complete": RAN, "fail": FAILED, "interrupt": FAILED, "release": KEPT}


# By the id alone: else the planner may walk the index of what this worker runs, where all that it has ever run stays
# for as long as a transaction is open that is old enough to see it.
FENCE = SQL.fence.replace("status =", "status + 0 =")


def ends(verb: str) -> str:
    arrays = ", ".join(f"%({name})b::{kind}[]" for name, kind in VALUES[verb].items())
    names = ", ".join(f"new_{name}" for name in VALUES[verb])
    source = f"UNNEST({arrays}) AS ending ({names})"
    return f"UPDATE {TASK} SET {SQL.ends[verb]} FROM {source} WHERE {FENCE} RETURNING id, epoch, status"


OURS = "AND queue = ANY(%(queues)b::text[])"
SOME = f"SELECT 1 FROM {TASK} WHERE {SQL.claimable} ORDER BY {ORDER} LIMIT {{limit}}"
SOME_OF = f"SELECT 1 FROM {TASK} WHERE {SQL.claimable} {OURS} ORDER BY queue LIMIT {{limit}}"
# Statistics lag behind a backlog: a planner that expects few rows would sort all of it for every claim of this turn.
# What it must sort all the same then looks so dear that it would compile each claim, for hundreds of milliseconds.
PLANNING = ", ".join(f"SET_CONFIG('{name}', 'off', TRUE)" for name in ("enable_sort", "enable_bitmapscan", "jit"))
PATIENCE = f"SET_CONFIG('lock_timeout', '{PATIENCE_SECONDS * 1000:.0f}ms', TRUE)"
# The locked row of a live worker, with what must hold before its lock is waited for.
HELD = (
    f"SELECT state, ARRAY({SQL.paused}) AS paused, {PLANNING}, {PATIENCE} FROM {WORKER} "
    f"WHERE id = %(worker)b AND {SQL.live} {{when}} FOR SHARE OF {WORKER}"
)
# In one message with what looks and locks, a claim is sent before their answer is known. This lets it go ahead.
GATE = "django_simple_queue.gate"
STATES = (
    f"state, paused, SET_CONFIG('{GATE}', CASE WHEN state = '{Worker.State.RUNNING.value}' AND paused = '{{}}' "
    "THEN 'open' ELSE 'closed' END, TRUE)"
)
IS_OPEN = f"CURRENT_SETTING('{GATE}', TRUE) = 'open'"
HOLD = f"SELECT {STATES} FROM ({HELD.format(when='')}) AS held"
ENDS = {verb: ends(verb) for verb in SQL.ends}
LOCKED = f"{ORDER} LIMIT %(wanted)b FOR NO KEY UPDATE SKIP LOCKED"
FROM_ALL = f"SELECT id AS chosen FROM {TASK} WHERE {SQL.claimable} {{open}} ORDER BY {LOCKED}"
# An array and the queue in the order: else the planner may walk the backlog of all queues in search of this one.
FROM_ONE = FROM_ALL.format(open=f"{{open}} {OURS}").replace("ORDER BY", "ORDER BY queue,")
FROM_SOME = (
    "SELECT each.id AS chosen FROM UNNEST(%(queues)b::text[]) AS wanted_queue (name) CROSS JOIN LATERAL "
    f"(SELECT id, priority, run_after FROM {TASK} WHERE {SQL.claimable} {{open}} "
    f"AND queue = ANY(ARRAY[name]) ORDER BY queue, {LOCKED}) AS each "
    f"ORDER BY {ORDER} LIMIT %(wanted)b"
)
SAME = "AND priority = %(priority)b::int2 AND (run_after, id) > (%(run_after)b::timestamptz, %(id)b::uuid)"
LOWER = "AND priority < %(priority)b::int2"


def onward(source: str) -> str:
    """From a bookmark on. As one condition it would be looked for from the front."""
    same, lower = (source.format(open=f"{{open}} {condition}") for condition in (SAME, LOWER))
    return f"SELECT chosen FROM ({same}) AS same UNION ALL SELECT chosen FROM ({lower}) AS lower LIMIT %(wanted)b"


# Instants that Python has no value for; a row that was parked by hand must not stop the claims of all others.
KNOWN = "GREATEST(LEAST(run_after, '9999-12-30 00:00Z'), '0001-01-02 00:00Z')"
RETURNED = CLAIMED.replace("run_after", KNOWN)


def claim_from(source: str, condition: str = "") -> str:
    return (
        f"WITH claim AS MATERIALIZED ({source.format(open=condition)}) "
        f"UPDATE {TASK} SET {SQL.claim} FROM claim WHERE id = chosen RETURNING {RETURNED}"
    )


# By whether queues are named, and whether there is a bookmark, which is for one queue or for all.
SOURCES = {
    (False, False): FROM_ALL,
    (False, True): onward(FROM_ALL),
    (True, False): FROM_SOME,
    (True, True): onward(FROM_ONE),
}
CLAIM = {each: claim_from(source) for each, source in SOURCES.items()}
CLAIM_IF_OPEN = {named: claim_from(SOURCES[named, False], f"AND {IS_OPEN}") for named in (False, True)}
CHOOSE, CHOOSE_SOME = (each.format(open="AND id <> ALL(%(aside)b::uuid[])") for each in (FROM_ALL, FROM_SOME))
TAKE = claim_from(  # one by one: else the planner may walk all that is queued
    "SELECT each.id AS chosen FROM UNNEST(%(ids)b::uuid[]) AS wanted (key) CROSS JOIN LATERAL "
    f"(SELECT id FROM {TASK} WHERE id = key AND {SQL.claimable} FOR NO KEY UPDATE SKIP LOCKED) AS each"
)
QUEUES = (
    f"WITH RECURSIVE step (queue) AS ((SELECT queue FROM {TASK} WHERE {SQL.claimable} ORDER BY queue LIMIT 1) "
    f"UNION ALL SELECT (SELECT queue FROM {TASK} WHERE {SQL.claimable} AND queue > step.queue ORDER BY queue LIMIT 1) "
    "FROM step WHERE step.queue IS NOT NULL) SELECT step.queue FROM step CROSS JOIN LATERAL "
    f"(SELECT id, priority, run_after FROM {TASK} WHERE {SQL.claimable} "
    f"AND queue = ANY(ARRAY[step.queue]) ORDER BY queue, {ORDER} LIMIT 1) AS first "
    f"WHERE step.queue NOT IN ({SQL.paused}) ORDER BY {ORDER} LIMIT %(most)b"
)
LONGEST_DUE = longest_due(SQL._replace(until=f"EXTRACT(EPOCH FROM {KNOWN} - {NOW})::float8"), firsts(SQL))
COUNT, COUNT_OF = count(SOME, "%(most)b"), count(SOME_OF, "%(most)b")
# An expression, and an order: else the planner may walk all that there ever was of these queues.
IS_RIPE, IS_RIPE_OF = ripe(SQL), ripe(SQL, OURS.replace("queue =", "queue || '' ="))
NEEDS = needs(SQL, "%(worker)b")
LOOK, LOOK_AT = look(SQL, SOME), look(SQL, SOME_OF)


def glance(look: str) -> str:
    held = HELD.format(when="AND due")
    return (
        f"WITH seen (due, wait) AS MATERIALIZED ({look}) "
        f"SELECT due, wait, {STATES} FROM seen LEFT JOIN LATERAL ({held}) AS held ON TRUE"
    )


GLANCE, GLANCE_AT = glance(LOOK), glance(LOOK_AT)
PROMOTE = (
    f"WITH ripe AS MATERIALIZED (SELECT id AS chosen FROM {TASK} WHERE {SQL.waiting} "
    "ORDER BY run_after LIMIT %(wanted)b FOR NO KEY UPDATE SKIP LOCKED) "
    f"UPDATE {TASK} SET due = TRUE FROM ripe WHERE id = chosen RETURNING 1"
)
