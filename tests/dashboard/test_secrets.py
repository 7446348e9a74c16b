"""What nobody without the permission may learn: a word planted in every text of a task is in no answer and no count."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils.http import urlencode

from django_simple_queue.models import Attempt, Task, Worker
from django_simple_queue.models.audit import perform
from tests.core.rows import BROKEN
from tests.dashboard.people import operator, signed_in
from tests.dashboard.queue import a_task, a_worker
from tests.dashboard.routes import CODENAMES, ROUTES, WAYS, Scene

pytestmark = pytest.mark.django_db
CHARGE = "tests.dashboard.shop.charge"
PLAIN, KEYED, OWN = "quixoticword7c1f", "zebrakeyed88d2", "walrusown31e0"
TEXT = f"said {PLAIN} and {KEYED} and {OWN} here"
ARGS = json.dumps({"invoice_id": 4711, "note": PLAIN, "card": {"password": KEYED}, "iban": OWN})
FRAME = {"file": "/srv/shop/tasks.py", "line": 3, "function": "charge", "own": True}
TOPICS = ("status", "task", "queue", "worker", "error", "args", "attempt", "duration", "has", "time", "since", "until")
PAYLOADLESS = sorted({*CODENAMES, "view_task"} - {"view_task_payload"})
NEEDLES = (
    "q={}",
    "error={}",
    "args={}",
    "args=note={}",
    "q=args:note={}",
    "q=error:{}",
    "q={} -x",
    "status=failed&q={}",
)


@pytest.fixture
def scene(settings: Any) -> Scene:
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {CHARGE: {"secret_args": ["iban"]}}
    texts = dict.fromkeys(("output", "error", "log"), TEXT) | {"args": ARGS, "positional": json.dumps([PLAIN, KEYED])}
    source = [[2, f"    # {TEXT}", False], [3, f"    charge({PLAIN!r}, {KEYED!r}, {OWN!r})", True]]
    columns = {"task": CHARGE, "frames": json.dumps([FRAME | {"source": source}]), "fingerprint": "f00d", **texts}
    message = {"progress": 40, "progress_message": TEXT}
    a_task(Task.PROGRESS, worker=a_worker().pk, **columns, **message)
    a_task(Task.COMPLETED, **columns)
    a_task(Task.QUEUED, attempt=1, max_attempts=3, error_class="ValueError", **columns)
    task = a_task(Task.FAILED, error_class="ValueError", **columns)
    Attempt.record(task, Attempt.Outcome.FAILED, type(BROKEN)(TEXT), TEXT)
    other = a_task(Task.FAILED, error_class="ValueError", **columns)
    return Scene(task, perform("requeue", Task.objects.filter(pk=other.pk), "omar", "all is well"))


@pytest.fixture(params=["without the permission", "with the permission"])
def hidden(request: Any, client: Client) -> tuple[str, ...]:
    """What the client's operator must not see: everything, or what is secret for everybody."""
    if request.param == "with the permission":
        signed_in(client, operator("chief", superuser=True))
        return (KEYED, OWN)
    signed_in(client, operator("viewer", *PAYLOADLESS))
    return (PLAIN, KEYED, OWN)


def told(response: HttpResponse) -> str:
    body = b"".join(response) if response.streaming else response.content
    return body.decode() + str(response.headers) + str(response.cookies)


def readable() -> list[str]:
    return sorted(name for name, route in ROUTES.items() if "GET" in route.methods and route.permission is not None)


def queries(name: str) -> Iterator[str]:
    yield from ("", "live=1")
    if name == "tasks":
        yield from (f"status={tab}" for tab in ("queued", "retrying", "progress", "completed", "failed", "cancelled"))
        yield from (f"status={tab}&live=1" for tab in ("retrying", "progress", "failed"))
    elif name == "task":
        yield from (f"more={text}" for text in ("args", "output", "error", "log"))
    elif name == "enqueue":
        yield from (urlencode({"task": CHARGE, "mode": mode}) for mode in ("", "json"))
        yield urlencode({"task": CHARGE, "args": '{"invoice_id": 1}'})
    elif name == "suggestions":
        begun = ["args:", "args:note=", "args:card=", "args:iban=", "args:note=quix", "error:quix", "quix", "zebra"]
        yield from (urlencode({"q": text, "task": CHARGE}) for text in [*begun, *(f"{topic}:" for topic in TOPICS)])
    elif name == "failures":
        yield from ("state=open", "q=said", "mark=new", f"task={CHARGE}")


@pytest.mark.parametrize("name", readable())
def test_no_page_fragment_or_file_tells_it(client: Client, scene: Scene, hidden: tuple[str, ...], name: str) -> None:
    addresses = [scene.address(name)]
    if name == "task":
        addresses = [f"/tasks/{pk}/" for pk in Task.objects.values_list("pk", flat=True)]
    if name.startswith("worker_"):
        addresses = [f"/workers/{Worker.objects.get().pk}/{name[7:]}/"]
    if name == "task_text":
        addresses = [f"/tasks/{scene.task.pk}/text/{text}/" for text in ("args", "output", "error", "log")]
    answered = set()
    for address in addresses:
        for query in queries(name):
            for headers in WAYS.values():
                response = client.get(f"{address}?{query}", headers=headers)
                answered.add(response.status_code)
                assert response.status_code < 500
                text = told(response)
                assert not [word for word in hidden if word in text], f"{address}?{query}"
    refused = name == "task_text" and PLAIN in hidden
    assert (403 if refused else 200) in answered, f"{name} shows nothing: {answered}"


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
@pytest.mark.parametrize("payload", ["yes", "no"])
def test_no_export_tells_it(client: Client, scene: Scene, hidden: tuple[str, ...], kind: str, payload: str) -> None:
    text = told(client.post("/export/", {"format": kind, "payload": payload}))
    assert text.count(CHARGE) >= 5
    assert (PLAIN in text) == (PLAIN not in hidden and payload == "yes")
    assert not [word for word in hidden if word in text]


def test_no_prefilled_form_tells_it(client: Client, scene: Scene, hidden: tuple[str, ...]) -> None:
    """Edit and requeue keeps secrets on the server."""
    for parameter in ("from", "edit", "again", "source", "like"):
        text = told(client.get("/enqueue/", {parameter: str(scene.task.pk), "task": CHARGE}))
        assert not [word for word in hidden if word in text], parameter


def count_and_rows(response: HttpResponse) -> tuple[Any, ...]:
    html = response.content.decode()
    return response.status_code, html.count('<tr role="row"'), "No task" in html


@pytest.mark.parametrize("query", NEEDLES)
@pytest.mark.parametrize("length", [4, 9, 15])
def test_a_search_answers_the_same_for_what_is_there_and_what_is_not(
    client: Client, scene: Scene, hidden: tuple[str, ...], query: str, length: int
) -> None:
    for word in hidden:
        asked = (word[:length], word[:length][::-1])
        hit, miss = (client.get(f"/?{query.format(text)}", follow=True) for text in asked)
        assert count_and_rows(hit) == count_and_rows(miss), word


@pytest.mark.parametrize("query", ["q={}", "error={}", "args={}"])
def test_all_that_matches_is_no_oracle_either(
    client: Client, scene: Scene, hidden: tuple[str, ...], query: str
) -> None:
    for word in hidden:
        sizes = []
        for text in (word, word[::-1]):
            answers = [client.post(f"/export/?{query.format(text)}", {"format": "csv"})]
            answers.append(client.post("/tasks/matching/requeue/", {"query": query.format(text)}))
            sizes.append([told(answer).replace(text, "").count(CHARGE) for answer in answers])
        assert sizes[0] == sizes[1], word


def test_the_permission_finds_what_is_not_secret(client: Client, scene: Scene) -> None:
    signed_in(client, operator("chief", superuser=True))
    assert client.get(f"/?q={PLAIN}").content.decode().count('<tr role="row"') >= 4
    assert client.get(f"/?args=note={PLAIN}").content.decode().count('<tr role="row"') >= 4


def test_failures_of_a_group_do_not_answer_a_search_for_it(
    client: Client, scene: Scene, hidden: tuple[str, ...]
) -> None:
    for word in hidden:
        hit, miss = (client.get("/failures/", {"q": text}).content.decode() for text in (word, word[::-1]))
        assert ("/failures/f00d/" in hit) == ("/failures/f00d/" in miss), word


def test_every_row_of_the_scene_holds_the_words(scene: Scene) -> None:
    assert isinstance(scene.task.pk, UUID)
    for task in Task.objects.all():
        held = "".join(str(getattr(task, name)) for name in ("args", "positional", "output", "error", "log", "frames"))
        assert all(word in held for word in (PLAIN, KEYED, OWN)), task
