"""The typed form as a page: fields, rows, JSON both ways, presets, links, the second look."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

import pytest

from dashboard.selectors.call import call_of
from django_simple_queue.models import Task
from django_simple_queue.utils import create_task
from tests.dashboard.counting import few_statements
from tests.dashboard.enqueueing import CHARGE, SECRET, SHIP, inputs, post, text
from tests.dashboard.people import operator, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("parcels_allowed")]
NEEDED = {"a.to": "Eva", "a.order": "7", "a.fragile": "true"}


@pytest.fixture
def blind(client):
    """Somebody who may enqueue, and sees nobody's arguments."""
    return signed_in(client, operator("blind", "view_task", "add_task"))


def latest():
    return Task.objects.latest("created")


def test_only_what_was_changed_is_passed(clerk):
    post(clerk, **NEEDED, **{"a.weight": "1.5", "a.value": "9.90", "a.carrier": '"dhl"', "a.parcels": "2"})
    assert latest().arguments == {"to": "Eva", "order": 7, "parcels": 2}


def test_a_ticked_default_that_is_unticked_is_passed_as_false(clerk):
    post(clerk, **{name: value for name, value in NEEDED.items() if name != "a.fragile"})
    assert latest().arguments["fragile"] is False


def test_other_names_go_into_a_field_of_their_own(clerk):
    post(clerk, **NEEDED, **{"a.**": '{"gift": true}'})
    assert latest().arguments["gift"] is True
    assert "has a field of its own" in text(post(clerk, **NEEDED, **{"a.**": '{"order": 8}'}))


def test_mistakes_stand_at_their_fields_and_in_a_summary_that_has_the_focus(clerk):
    html = text(post(clerk, **{"a.to": "Eva", "a.order": "x<b>", "a.meta": "{", "a.spot.0": "1"}))
    assert not Task.objects.exists()
    assert html.index('id="problems" autofocus') < html.index('href="#f-a.order"') < html.index('href="#f-a.spot.1"')
    assert 'id="f-a.order-e"' in html
    assert 'value="x&lt;b&gt;"' in html
    assert "x<b>" not in html
    assert 'value="Eva"' in html


def test_what_is_still_to_be_filled_in_is_no_alarm(clerk):
    untouched = preview(clerk.get(f"/enqueue/?task={SHIP}"))
    assert 'class="is-queued"' in untouched
    assert "This is required." in untouched
    assert 'class="is-failed"' not in untouched
    assert untouched.count('class="is-queued"') == untouched.count("This is required.") + 1
    mistaken = preview(post(clerk, **{"a.to": "Eva", "a.order": "x", "do": "preview"}))
    assert mistaken.count('class="is-failed"') == 2


def preview(response):
    return text(response).partition('id="preview"')[2].partition("</aside>")[0]


def test_rows_work_without_javascript(clerk):
    added = text(post(clerk, **NEEDED, **{"a.tags.n": "1", "a.tags.0": "first", "do": "add:a.tags"}))
    assert inputs(added)["a.tags.0"] == "first"
    assert re.search(r'name="a\.tags\.1"[^>]*\sautofocus', added)
    removed = text(
        post(clerk, **NEEDED, **{"a.tags.n": "2", "a.tags.0": "x", "a.tags.1": "y", "do": "remove:a.tags.0"})
    )
    assert inputs(removed)["a.tags.0"] == "y"
    assert 'name="a.tags.1"' not in removed
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    "step", ["add:a.gone", "add:", "remove:a.tags.9", "remove:a.tags.x", "add:token", "x", "add:a"]
)
def test_a_senseless_step_changes_nothing(clerk, step):
    response = post(clerk, **NEEDED, **{"a.tags.n": "1", "a.tags.0": "kept", "do": step})
    assert response.status_code == 200
    assert inputs(text(response))["a.tags.0"] == "kept"
    assert not Task.objects.exists()


def test_json_and_back_loses_nothing(clerk):
    typed = {**NEEDED, "a.order": str(2**60 + 1), "a.note": " two  spaces ", "priority": "3", "a.on": "2026-12-31"}
    as_json = text(post(clerk, **typed, do="json"))
    args = json.loads(inputs(as_json)["args"])
    assert args == {"to": "Eva", "order": 2**60 + 1, "note": " two  spaces ", "on": "2026-12-31"}
    assert re.search(r'name="priority"\s+type="number"\s+value="3"', as_json)
    back = inputs(text(post(clerk, args=json.dumps({**args, "more": 1, "weight": "heavy"}), do="form")))
    assert (back["a.to"], back["a.order"], back["a.on"]) == ("Eva", str(2**60 + 1), "2026-12-31")
    assert back["a.weight.json"] == '"heavy"'
    assert json.loads(back["a.**"]) == {"more": 1}


def test_json_that_cannot_be_read_stays_json(clerk):
    html = text(post(clerk, args='{"to": ', do="form"))
    assert inputs(html)["args"] == '{"to": '
    assert "a value is missing" in html
    html = text(post(clerk, f"task={CHARGE}", args='{"colour": 1}', do="form"))
    assert "colour is not a parameter" in html


def test_an_incomplete_form_becomes_json_and_a_wrong_one_stays(clerk):
    assert json.loads(inputs(text(post(clerk, **{"a.to": "Eva", "a.fragile": "true", "do": "json"})))["args"]) == {
        "to": "Eva"
    }
    assert "not a whole number" in text(post(clerk, **{"a.order": "x", "do": "json"}))


def test_presets_come_from_recent_arguments_without_secrets(clerk):
    task_id = create_task(SHIP, {"to": "Eva", "order": 7, "token": SECRET, "weight": 2.5})
    html = text(clerk.get(f"/enqueue/?task={SHIP}"))
    assert f"preset={task_id}" in html
    assert "Eva · 7 · 2.5" in html
    filled = text(clerk.get(f"/enqueue/?task={SHIP}&preset={task_id}"))
    assert (inputs(filled)["a.to"], inputs(filled)["a.weight"]) == ("Eva", "2.5")
    assert "A secret is never copied; type it again: token." in filled
    assert SECRET not in html + filled


def test_without_the_permission_for_payload_there_are_no_presets_and_nothing_to_edit(blind):
    task_id = create_task(SHIP, {"to": "Eva-7781", "order": 7})
    assert "Eva-7781" not in text(blind.get(f"/enqueue/?task={SHIP}"))
    for query in (f"task={SHIP}&preset={task_id}", f"from={task_id}"):
        assert blind.get(f"/enqueue/?{query}").status_code == 403
        assert post(blind, f"from={task_id}", **NEEDED).status_code == 403
    assert "same call" not in text(post(blind, **{"a.to": "Eva-7781", "a.order": "7", "do": "preview"}))


def test_a_link_fills_the_form_and_enqueues_nothing(clerk):
    args = quote(json.dumps({"to": "Eva", "order": 7, "token": SECRET}))
    response = clerk.get(f"/enqueue/?task={SHIP}&args={args}", follow=True)
    html = text(response)
    assert inputs(html)["a.to"] == "Eva"
    assert "A link does not carry secrets; type it again: token." in html
    assert SECRET not in html + response.redirect_chain[0][0]
    assert not Task.objects.exists()


@pytest.mark.parametrize("args", ["{", "[1]", '{"a": NaN}', "\x00", '{"a": "</script><b>"}', "[" * 9000])
def test_a_link_with_bad_arguments_says_so(clerk, args):
    response = clerk.get("/enqueue/", {"task": SHIP, "args": args}, follow=True)
    assert response.status_code == 200
    assert "</script><b>" not in response.content.decode()


@pytest.mark.parametrize("environment", ["production", "prod-eu"])
@pytest.mark.ability(3)
def test_production_asks_for_a_second_look_unless_repeating_is_safe(clerk, settings, environment):
    settings.DJANGO_SIMPLE_QUEUE_ENVIRONMENT = environment
    asked = post(clerk, **NEEDED, **{"a.token": SECRET})
    html = text(asked)
    assert not Task.objects.exists()
    assert f"Enqueue ship in {environment}?" in html
    assert SECRET not in html.partition("<pre")[2].partition("</pre>")[0]
    reviewed = re.search(r'name="reviewed" value="(\w+)"', html)[1]
    assert text(post(clerk, **{**NEEDED, "a.order": "8", "a.token": SECRET, "reviewed": reviewed})).count(
        f"{environment}?"
    )
    assert post(clerk, **NEEDED, **{"a.token": SECRET, "reviewed": reviewed}).status_code == 302
    assert post(clerk, f"task={CHARGE}", **{"a.invoice_id": "7"}).status_code == 302
    assert Task.objects.count() == 2


def test_no_secret_is_found_by_trying(clerk):
    create_task(SHIP, {"to": "Eva", "order": 7, "token": SECRET})
    told = [
        "same call" in text(post(clerk, **NEEDED, **{"a.token": guess, "do": "preview"})) for guess in (SECRET, "x")
    ]
    assert told[0] is told[1]


def test_the_preview_shows_the_call_without_secrets(clerk):
    create_task(SHIP, {"to": "Eva", "order": 7})
    html = text(post(clerk, **NEEDED, **{"a.token": SECRET, "do": "preview"}))
    code = html.partition('id="preview"')[2].partition("</pre>")[0]
    assert '"order": 7' in code
    assert SECRET not in code
    assert "No worker serves queue default" in html
    again = text(post(clerk, **NEEDED, do="preview"))
    assert "The same call was enqueued" in again


def test_the_preview_enqueues_where_the_form_does(clerk):
    chosen = {"queue": "mail", "priority": "5", "max_attempts": "2", "run_after": "2031-02-03T04:05"}
    html = text(post(clerk, **NEEDED, **chosen, do="preview"))
    options = "queue='mail', priority=5, run_after=datetime.fromisoformat('2031-02-03T04:05:00+00:00'), max_attempts=2,"
    assert options in html.partition('id="preview"')[2].partition("</pre>")[0]


def test_a_copied_call_says_what_the_allowlist_would_not_give(settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {SHIP: {"queue": "mail", "priority": 5, "max_attempts": 3}}
    task = Task.objects.get(pk=create_task(SHIP, {"to": "Eva"}))
    assert call_of(task, {}) == f"create_task(\n    '{SHIP}',\n    {{}},\n    queue='mail',\n)"
    other = Task.objects.get(pk=create_task(SHIP, {"to": "Eva"}, priority=0, max_attempts=1))
    assert "queue='mail', priority=0, max_attempts=1," in call_of(other, {})


def test_the_page_with_everything_takes_few_queries(clerk):
    create_task(SHIP, {"to": "Eva", "order": 7})
    with few_statements():
        clerk.get(f"/enqueue/?task={SHIP}")
