"""Text that has broken dashboards: markup, escapes, templates, terminals, directions, sheer size."""

from __future__ import annotations

import json
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from django_simple_queue.models import Attempt, OperatorAction, OperatorActionItem, QueuePause, Task, Worker
from django_simple_queue.text import REPLACEMENT
from tests.dashboard.queue import a_task

CALL = "window.hit=(window.hit||0)+1"
MARKUP = [
    f"<script>{CALL}</script>",
    f"<ScRiPt>{CALL}</sCrIpT>",
    f"<script/x>{CALL}</script>",
    f"<script >{CALL}</script >",
    f"<scr<script>ipt>{CALL}</scr</script>ipt>",
    f"</script><script>{CALL}</script>",
    f"</title><script>{CALL}</script>",
    f"</textarea><script>{CALL}</script>",
    f"</style><script>{CALL}</script>",
    f"</pre></code></noscript><script>{CALL}</script>",
    f"<!--><script>{CALL}</script>-->",
    f"<![CDATA[<script>{CALL}</script>]]>",
    f'<img src=x onerror="{CALL}">',
    f"<img src=x onerror={CALL}//",
    f"<img/src=x/onerror={CALL}>",
    f'"><img src=x onerror={CALL}>',
    f"'><img src=x onerror={CALL}>",
    f"`><img src=x onerror={CALL}>",
    f"<image src=x onerror={CALL}>",
    f"<svg onload={CALL}>",
    f"<svg/onload={CALL}>",
    f"<svg><script>{CALL}</script></svg>",
    f"<svg><animate onbegin={CALL} attributeName=x dur=1s>",
    f'<svg><a xlink:href="javascript:{CALL}"><text y=9>x</text></a></svg>',
    f"<math><mtext></p><svg onload={CALL}>",
    f"<math href='javascript:{CALL}'>x</math>",
    f"<body onload={CALL}>",
    f"<iframe src=javascript:{CALL}></iframe>",
    f"<iframe srcdoc='<script>parent.{CALL}</script>'></iframe>",
    f"<object data=javascript:{CALL}></object>",
    f"<embed src=javascript:{CALL}>",
    f"<video><source onerror={CALL}></video>",
    f"<audio src=x onerror={CALL}>",
    f"<details open ontoggle={CALL}>",
    f"<input autofocus onfocus={CALL}>",
    f"<select autofocus onfocus={CALL}>",
    f"<textarea autofocus onfocus={CALL}>",
    f"<marquee onstart={CALL}>",
    f"<a href=javascript:{CALL}>x</a>",
    f"<a href='jav\tascript:{CALL}'>x</a>",
    f"<form action=javascript:{CALL}><button>x</button></form>",
    f"<button formaction=javascript:{CALL}>x</button>",
    f"<meta http-equiv=refresh content='0;url=javascript:{CALL}'>",
    "<base href=//evil.example/>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>*{display:none!important}</style>",
    "<div style=position:fixed;inset:0;background:red>",
    f"<div hx-get=/ hx-trigger=load hx-on:click={CALL}>",
    f"<div hx-on::after-request={CALL} hx-get=/ hx-trigger=load></div>",
    f'" onmouseover="{CALL}" x="',
    f"' onfocus='{CALL}' autofocus x='",
    f'" autofocus onfocus={CALL} x="',
    f"javascript:{CALL}",
    f"jaVasCript:/*-/*`/*\\`/*'/*\"/**/(/* */{CALL} )//%0D%0A",
    f"data:text/html,<script>{CALL}</script>",
    f"&lt;script&gt;{CALL}&lt;/script&gt;",
    f"&#60;script&#62;{CALL}&#60;/script&#62;",
    f"%3Cscript%3E{CALL}%3C/script%3E",
    f"\\u003cscript\\u003e{CALL}\\u003c/script\\u003e",
    f"\\x3cscript\\x3e{CALL}",
    f"+ADw-script+AD4-{CALL}+ADw-/script+AD4-",
    f"{{{{ {CALL} }}}}",
    "{{ settings.SECRET_KEY }}{% debug %}{% load x %}",
    "${7*7}#{7*7}<%= 7*7 %>",
    f"';{CALL};//",
    f'";{CALL};//',
    f"-->{CALL}<!--",
    f"<noscript><p title='</noscript><img src=x onerror={CALL}>'>",
    f"<template><script>{CALL}</script></template>",
    f"<x contenteditable onblur={CALL}>lose focus!",
]
TERMINAL = [
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x1b]8;;javascript:alert(1)\x07click\x1b]8;;\x07",
    "\x1b[2J\x1b[H\x1b[?1049h",
    "\x1b[" + "9" * 500 + "m",
    "\x9b31mred",
    "nul\x00led",
    "bell\x07 back\x08 feed\x0c escape\x1b",
]
DIRECTIONS = ["\u202egnp.exe\u2066\u2069", "\u200f\u061c\u2067abc", "\u2028line\u2029paragraph", "\ufeffmark\ufffe"]
SIZES = ["x" * 1_000_000, "\n" * 100_000, "wide " * 100_000, "\u0300" * 20_000, "\U0001f600" * 20_000]
SHORT = [*MARKUP, *TERMINAL, *DIRECTIONS]
EVERYTHING = [*MARKUP, *TERMINAL, *DIRECTIONS, *SIZES]
LIVE = ("\x1b", "\x07", "\x9b", "\u202e", "\u2066", "\u2067", "\u200f", "\u061c", "\ufeff")


def stored(text: str) -> str:
    """The text as this database can hold it."""
    return text if connection.vendor == "sqlite" else text.replace("\0", REPLACEMENT)


def everywhere(payload: str) -> Task:
    """A failed task with ``payload`` in each of its texts, an attempt, a worker, a pause and an action like that."""
    text, short = payload.replace("\0", REPLACEMENT), stored(payload)[:60]
    frame = {"file": short, "line": 1, "function": short, "source": [short, text[:2000], short], "own": True}
    worker = a_worker_called(short)
    task = a_task(
        Task.FAILED,
        task=f"a.{short}",
        queue=short,
        args=json.dumps({short: text, "list": [text], "token": text[:80]}),
        output=text,
        error=f"{text}\n\nTraceback\n{text}",
        log=f"{text}\n2026 ERROR {text}",
        error_class=short,
        fingerprint="f" * 16,
        frames=json.dumps([frame, frame | {"own": False}]),
        release=short,
        created_by=short,
        idempotency_key=f"{worker.pk}{short}",
        progress_message=short,
        worker=worker.pk,
        epoch=2,
    )
    Attempt.objects.create(
        task=task, epoch=1, attempt=1, outcome="lost", error=text[:5000], error_class=short, log=text
    )
    Attempt.objects.create(
        task=task, epoch=2, attempt=1, outcome="lost", error=text[:5000], error_class=short, log=text
    )
    QueuePause.objects.update_or_create(queue=short, defaults={"reason": short, "paused_by": short})
    action = OperatorAction.objects.create(actor=short, verb="requeue", scope=short, reason=short, outcomes={"done": 2})
    OperatorActionItem.objects.create(action=action, task=task.pk, previous_status=Task.FAILED)
    return task


def a_worker_called(short: str) -> Worker:
    return Worker.objects.create(
        host=short,
        pid=1,
        queues=short,
        version=short[:50],
        release=short,
        state_by=short,
        state_reason=short,
        lease_until=timezone.now() + timedelta(minutes=5),
    )
