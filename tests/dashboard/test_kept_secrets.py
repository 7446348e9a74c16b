"""What nobody finds out by trying: a secret that the enqueue form keeps on the server."""

from __future__ import annotations

import json
import re
from uuid import UUID, uuid4

import pytest

from dashboard.drafts import JSON, Draft
from dashboard.forms import EnqueueForm
from dashboard.signature import describe
from django_simple_queue.utils import create_task
from tests.dashboard.answers import said
from tests.dashboard.enqueueing import SECRET, SHIP, post, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("parcels_allowed")]
GUESSES = ("another-secret", SECRET)
MASKED = "[redacted]"
ENDS_OF_IDS = re.compile(r" [0-9a-f]{8}\b")


def args(token, to="Eva"):
    return json.dumps({"to": to, "order": 7, "token": token})


def pay(api_key: UUID, pin: int = 0) -> None:
    """Has secrets that can be wrong."""


def test_the_preview_quotes_nothing_of_a_secret_that_is_wrong(clerk, settings):
    path = f"{__name__}.pay"
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {path: {"secret_args": ["pin"]}}
    html = text(post(clerk, f"task={path}", **{"a.api_key": "0192f3c1", "a.pin": "12 34", "do": "preview"}))
    preview = html.partition('id="preview"')[2]
    assert "api_key: This must be: UUID." in preview
    assert "pin: This must be: whole number." in preview
    assert "0192f3c1" not in preview and "12 34" not in preview


def stored(secret=SECRET):
    return create_task(SHIP, json.loads(args(secret)))


def test_a_form_sent_again_with_a_guess_answers_the_same_whether_it_is_right(clerk):
    task_id, token = stored(), str(uuid4())
    post(clerk, f"from={task_id}", token=token, args=args(MASKED))
    told = [said(post(clerk, f"from={task_id}", token=token, args=args(guess))) for guess in GUESSES]
    assert len({ENDS_OF_IDS.sub("", sentence) for sentence in told}) == 1


def test_a_form_sent_again_for_another_task_answers_the_same_whether_they_share_the_secret(clerk):
    told = []
    for secret in GUESSES:
        token = str(uuid4())
        post(clerk, f"from={stored()}", token=token, args=args(MASKED))
        told.append(said(post(clerk, f"from={stored(secret)}", token=token, args=args(MASKED))))
    assert len({ENDS_OF_IDS.sub("", sentence) for sentence in told}) == 1


@pytest.mark.parametrize("environment", ["", "production"])
@pytest.mark.parametrize("guess", GUESSES)
def test_a_guess_in_another_field_is_shown_as_it_was_typed(clerk, settings, environment, guess):
    settings.DJANGO_SIMPLE_QUEUE_ENVIRONMENT = environment
    step = {} if environment else {"do": "preview"}
    html = text(post(clerk, f"from={stored()}", args=args(MASKED, to=guess), **step))
    shown = "".join(re.findall(r"<pre.*?</pre>", html, re.DOTALL))
    assert guess in shown
    assert MASKED in shown


def test_only_the_server_can_name_what_was_typed(settings):
    form = EnqueueForm(Draft(describe(SHIP), {"args": args(SECRET)}, JSON), {"priority": "3"})
    name = form.digest()
    assert name == form.digest()
    settings.SECRET_KEY = "another server's"
    assert name != form.digest()
