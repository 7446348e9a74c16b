"""What the console does that no dashboard did well; tests that prove one are marked with its number."""

from __future__ import annotations

ABILITIES = {
    1: "Undo: whatever no worker has touched since goes back, and the rest is counted",
    2: "What is acted upon is frozen as it was shown; what came or changed since is told and left alone",
    3: "Typed enqueue from the signature, safe against double submits and haste",
    5: "One sentence says why a task is not running",
    6: "Honest numbers: a capped one says so, and each opens exactly what it counts",
    7: "A search says how far it came, goes on from there, and never hangs the page",
    8: "Live but still: new rows wait, and an update keeps what its reader is doing",
    9: "Cheap idle: one picture for all who look, 304 without change, nothing from a hidden tab",
    10: "Who did what, why, to what and how it came out, filtered on the page and kept when its person is gone",
    11: "Before a task runs again: may it, can it be imported, do its arguments still fit",
    14: "Export of the filter and a summary of an incident, without secrets",
    15: "Everything by keyboard, for screen readers and without JavaScript, under a strict policy, hostile text inert",
}
