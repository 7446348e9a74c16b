"""pause_queue, resume_queue, pause_worker, resume_worker, drain_worker on the command line."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from subprocess import PIPE

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from django_simple_queue.models import OperatorAction, QueuePause, Worker
from django_simple_queue.models.control import pause_queue, pause_worker
from tests.core.rows import a_worker
from tests.support.processes import environment, start_manage

pytestmark = pytest.mark.django_db
WHY = ("--reason", "Provider is down", "--by", "ada")


def run(*arguments):
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_queues_are_paused_and_resumed():
    assert run("pause_queue", "mail", "media", *WHY) == "Paused mail.\nPaused media.\n"
    assert set(QueuePause.objects.values_list("queue", "reason", "paused_by", "until")) == {
        ("mail", "Provider is down", "ada", None),
        ("media", "Provider is down", "ada", None),
    }
    assert run("resume_queue", "mail", "media") == "Resumed mail.\nResumed media.\n"
    assert not QueuePause.objects.exists()
    assert OperatorAction.objects.count() == 4
    assert OperatorAction.objects.latest("pk").actor != ""


def test_what_is_not_possible_for_one_is_done_for_the_others():
    pause_queue("media")
    out = StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("resume_queue", "mail", "media", "bulk", stdout=out)
    assert out.getvalue() == "Resumed media.\n"
    assert str(refused.value) == ("Queue mail is not paused. Nothing done.\nQueue bulk is not paused. Nothing done.")


def test_one_of_a_host_s_workers_that_is_paused_already_stops_nothing():
    workers = [a_worker(host="web-7", pid=pid) for pid in (1, 2, 3)]
    pause_worker(workers[1].pk)
    with pytest.raises(CommandError, match="web-7:2 is paused"):
        call_command("pause_worker", "web-7", *WHY, stdout=StringIO())
    assert set(Worker.objects.values_list("state", flat=True)) == {Worker.State.PAUSED}


def test_all_queues():
    assert run("pause_queue", "--all", *WHY) == "Paused all queues.\n"
    assert QueuePause.objects.get().queue == QueuePause.ALL
    assert run("resume_queue", "--all") == "Resumed all queues.\n"


@pytest.mark.parametrize(
    ("arguments", "seconds"),
    [(["--for", "90s"], 90), (["--for", "30m"], 1800), (["--for", "2h"], 7200), (["--for", "1d"], 86400)],
)
def test_a_pause_that_ends_by_itself(arguments, seconds):
    run("pause_queue", "mail", *WHY, *arguments)
    left = QueuePause.objects.get().until - timezone.now()
    assert timedelta(seconds=seconds - 30) < left <= timedelta(seconds=seconds)


def test_a_time_without_an_offset_is_of_the_project():
    run("pause_queue", "mail", *WHY, "--until", "2199-01-01T12:00")
    assert timezone.localtime(QueuePause.objects.get().until).isoformat()[:16] == "2199-01-01T12:00"


@pytest.mark.parametrize("said", ["2196-10-30T02:30", "2196-03-27T02:30"])
def test_a_time_that_the_clocks_show_twice_or_skip_needs_its_offset(settings, said):
    settings.TIME_ZONE = "Europe/Berlin"
    with pytest.raises(CommandError, match=f"{said}:00 is a time that the clocks show twice or skip: add the offset"):
        run("pause_queue", "mail", *WHY, "--until", said)
    run("pause_queue", "mail", *WHY, "--until", said + "+02:00")
    assert QueuePause.objects.get().until.isoformat() == f"{said[:11]}00:30:00+00:00"


@pytest.mark.parametrize(("said", "kept"), [("T12:00", "T12:00"), ("T12:00+00:00", "T17:30")])
def test_where_time_zones_are_off_a_pause_ends_at_a_local_time(settings, said, kept):
    settings.USE_TZ, settings.TIME_ZONE = False, "Asia/Kolkata"
    run("pause_queue", "mail", *WHY, "--until", f"2199-01-01{said}")
    assert QueuePause.objects.get().until.isoformat() == f"2199-01-01{kept}:00"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["pause_queue", *WHY], "Name the queues, or say --all: one of the two."),
        (["pause_queue", "mail", "--all", *WHY], "Name the queues, or say --all: one of the two."),
        (["pause_queue", "mail"], "the following arguments are required: --reason"),
        (["pause_queue", "mail", "--reason", " "], "A reason is needed"),
        (["pause_queue", "mail", *WHY, "--for", "soon"], "--for 'soon' is no duration: write 90s, 30m, 2h or 1d."),
        (["pause_queue", "mail", *WHY, "--for", "0s"], "--for '0s' is no duration"),
        (["pause_queue", "mail", *WHY, "--until", "noon"], "--until 'noon' is no time"),
        (["pause_queue", "mail", *WHY, "--until", "2026-13-13T00:00"], "--until '2026-13-13T00:00' is no time"),
        (["pause_queue", "mail", *WHY, "--until", "2001-01-01T00:00"], "A pause must end in the future"),
        (["pause_queue", "mail", *WHY, "--for", "1h", "--until", "2199-01-01T00:00"], "use one of them"),
        (["resume_queue", "mail"], "Queue mail is not paused. Nothing done."),
        (["pause_worker", "web-9", *WHY], "No live worker is called 'web-9'. Alive: web-1:4711."),
        (["resume_worker", "web-1"], "web-1:4711 is running. Nothing done."),
    ],
)
def test_what_is_not_possible_is_said_in_a_sentence(arguments, complaint):
    a_worker()
    with pytest.raises(CommandError, match=complaint.replace("(", r"\(")):
        run(*arguments)
    assert not OperatorAction.objects.exists()


def test_workers_by_name_by_id_and_by_host():
    first, second = a_worker(), a_worker()
    Worker.objects.filter(pk=second.pk).update(pid=4712)
    assert run("pause_worker", "web-1:4712", *WHY) == "Paused web-1:4712.\n"
    assert run("pause_worker", str(first.pk), *WHY) == "Paused web-1:4711.\n"
    assert run("resume_worker", "web-1") == "Resumed web-1:4711.\nResumed web-1:4712.\n"
    assert run("drain_worker", "web-1", *WHY) == "Draining web-1:4711.\nDraining web-1:4712.\n"
    assert set(Worker.objects.values_list("state", "state_by", "state_reason")) == {
        (Worker.State.DRAINING, "ada", "Provider is down")
    }


@pytest.mark.parametrize(
    "command",
    [
        ("pause_queue", "mail", *WHY),
        ("resume_queue", "mail"),
        ("pause_worker", "web-1", *WHY),
        ("prune_tasks", "--older-than", "7"),
        ("prune_tasks", "--older-than", "7", "--dry-run"),
    ],
    ids=lambda command: " ".join(command[:1] + command[3:]),
)
def test_a_database_without_the_tables_is_told_in_a_sentence(command, tmp_path):
    env = environment() | {"TEST_DATABASE_URL": f"sqlite:///{tmp_path / 'empty.sqlite3'}"}
    process = start_manage(*command, env=env, stderr=PIPE)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    last = said.strip().splitlines()[-1]
    assert last.startswith('CommandError: The database is not migrated, run "manage.py migrate": no such table')
    assert "Traceback" not in said
