from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from django_simple_queue.failure import Failure, from_exception
from django_simple_queue.models import Attempt, Task, Worker
from django_simple_queue.models.fields import uuid7
from django_simple_queue.text import REPLACEMENT
from tests.core.rows import PATH, a_task, a_worker, row
from tests.support.waiting import wait_until

pytestmark = pytest.mark.django_db


def test_ids_are_of_version_7_and_sort_by_time():
    first = uuid7()
    wait_until(lambda: time.time_ns() // 1_000_000 > first.int >> 80)
    ids = [first, *(uuid7() for _ in range(1000))]
    assert {(each.version, each.variant) for each in ids} == {(7, "specified in RFC 4122")}
    assert len(set(ids)) == len(ids)
    assert first < min(ids[1:])
    assert abs((first.int >> 80) / 1000 - timezone.now().timestamp()) < 60


@pytest.mark.parametrize(("text", "value"), [(None, {}), ("", {}), ("{}", {}), ('{"a": [1]}', {"a": [1]})])
def test_arguments_are_read_from_the_text(text, value):
    assert Task(args=text).arguments == value
    Task(args=text).clean_args()


@pytest.mark.parametrize("text", ["[1]", "7", "null", "nonsense", '{"a": 1'])
def test_arguments_that_are_no_object_are_invalid(text):
    with pytest.raises(ValueError, match=r"JSON object|line 1 column"):
        Task(args=text).arguments  # noqa: B018
    with pytest.raises(ValidationError, match="Invalid JSON"):
        Task(args=text).clean_args()


def test_a_task_as_a_dictionary_is_json():
    task = a_task(Task.COMPLETED, output="42")
    assert json.loads(json.dumps(task.as_dict))["status"] == "Completed"
    assert str(task) == str(task.pk)


@pytest.mark.parametrize("module", ["raise RuntimeError('broken')", "1 / 0", "import sys; sys.exit(1)", "def ("])
def test_a_callable_that_cannot_be_had_is_invalid_whatever_its_module_does(settings, tmp_path, monkeypatch, module):
    name = f"breaking_{abs(hash(module))}"
    (tmp_path / f"{name}.py").write_text(module)
    monkeypatch.syspath_prepend(tmp_path)
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = [f"{name}.run"]
    with pytest.raises(ValidationError, match="Invalid callable"):
        Task(task=f"{name}.run").clean_task()


@pytest.mark.parametrize(
    ("run_after", "due"),
    [
        (timedelta(hours=-1), True),
        (timedelta(hours=1), False),
        ("2000-01-01T00:00:00Z", True),
        ("2999-01-01 00:00:00+00:00", False),
        (Now(), False),
    ],
)
def test_an_insert_decides_whether_the_task_may_be_claimed(run_after, due):
    moment = timezone.now() + run_after if isinstance(run_after, timedelta) else run_after
    assert a_task(run_after=moment).due == due


@pytest.mark.filterwarnings("ignore:DateTimeField .* received a naive datetime")
def test_an_insert_with_a_naive_time_takes_it_in_the_projects_zone():
    assert not a_task(run_after=datetime(2999, 1, 1)).due


def test_inserts_of_many_decide_it_too():
    later = timezone.now() + timedelta(hours=1)
    Task.objects.bulk_create([Task(task=PATH), Task(task=PATH, run_after=later)])
    assert list(Task.objects.order_by("run_after").values_list("due", flat=True)) == [True, False]


def test_a_later_save_leaves_it_alone():
    task = a_task(run_after=timezone.now() + timedelta(hours=1))
    task.run_after = timezone.now() - timedelta(hours=1)
    task.save()
    assert not row(task)["due"]


def test_the_instance_of_a_running_task_saves_nothing_that_the_engine_owns():
    task = a_task(Task.PROGRESS)
    task.runs_here = True
    Task.objects.filter(pk=task.pk).update(cancel_requested=Now(), progress=7, log="live")
    before = row(task)
    task.status, task.output, task.worker, task.epoch, task.queue = Task.COMPLETED, "mine", uuid4(), 99, "moved"
    task.save()
    assert row(task) == before | {"queue": "moved"}


def test_a_save_that_names_its_columns_is_taken_at_its_word():
    task = a_task(Task.PROGRESS)
    task.runs_here = True
    task.output = "so far"
    task.save(update_fields=["output"])
    assert row(task)["output"] == "so far"


def test_one_run_is_kept_once():
    task = a_task(Task.PROGRESS)
    for error in ("first", "second"):
        Attempt.record(task, Attempt.Outcome.FAILED, Failure(error))
    assert Attempt.objects.get().error == "first"
    with pytest.raises(IntegrityError), transaction.atomic():
        Attempt.objects.create(task=task, epoch=task.epoch, attempt=1, outcome="failed")


def test_what_is_kept_of_a_run_is_bounded_and_valid():
    task = a_task(Task.PROGRESS)
    log = "".join(f"строка {number}\n" for number in range(3000))
    Attempt.record(task, Attempt.Outcome.FAILED, Failure("ä" * 200_000 + "\x00"), log + "\ud800end")
    attempt = Attempt.objects.get()
    assert len(attempt.error.encode()) <= Attempt.ERROR_SIZE
    assert Attempt.LOG_TAIL - 4 < len(attempt.log.encode()) <= Attempt.LOG_TAIL
    assert f"{log}{REPLACEMENT}end".endswith(attempt.log)


def test_frames_that_do_not_fit_are_left_out_whole():
    frames = [{"function": f"step_{number}"} for number in range(3)]
    failure = Failure("it broke", frames=json.dumps(frames))
    assert failure.frames_within(len(failure.frames)) == failure.frames
    assert json.loads(failure.frames_within(len(failure.frames) - 1)) == frames[1:]
    assert failure.frames_within(3) == "[]"
    assert Failure("it broke").frames_within(1) == ""


def test_a_task_that_runs_here_keeps_frames_that_can_be_read(settings):
    settings.DJANGO_SIMPLE_QUEUE_MAX_LOG_SIZE = 40
    task = a_task(Task.PROGRESS)
    assert task.fail(Failure("it broke", frames=json.dumps(["outer" * 10, "inner"])), Attempt.Outcome.FAILED)
    assert row(task)["frames"] == '["inner"]'


def test_a_lease_that_has_ended_or_a_worker_that_has_stopped_is_not_live():
    live = a_worker()
    a_worker(seconds=-1)
    for state in (Worker.State.STOPPED, Worker.State.LOST):
        a_worker(state=state)
    assert list(Worker.objects.live()) == [live]
    assert str(live) == "web-1:4711"


def broken(number):
    raise ValueError(f"order {number} of 'customer {number}' at 0x7f00{number}")


def failure_of(function, *args):
    try:
        function(*args)
    except Exception as error:
        return from_exception(error)


def test_failures_that_differ_in_numbers_and_names_have_one_fingerprint():
    prints = {failure_of(broken, number).fingerprint(PATH) for number in (1, 22, 333)}
    assert len(prints) == 1
    assert len(prints.pop()) == 16
    assert failure_of(broken, 1).fingerprint(PATH) != failure_of(broken, 1).fingerprint("shop.tasks.other")


def test_failures_that_say_something_else_have_fingerprints_of_their_own():
    errors = [
        "ValueError('no such order')",
        "ValueError('no such customer')",
        'ValueError("can\'t be empty")',
        "KeyError('order')",
        "KeyError('customer')",
        "Worker subprocess exited with code 1",
        "Task timed out after 5 seconds",
        "",
        "StockLocked('BOO-419 is locked by a stock-taking')",
        "StockLocked('BOO-419 is gone')",
    ]
    assert len({Failure(error).fingerprint(PATH) for error in errors}) == len(errors)
    assert Failure("ValueError('no such order: 7')").fingerprint(PATH) == (
        Failure("ValueError('no such order: 8')\n\nTraceback").fingerprint(PATH)
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("StockLocked('BOO-419 is locked; order 61697')", "StockLocked('KIT-5 is locked; order 5')"),
        ("no answer of web-12.example:8000", "no answer of web-3.example:9"),
        ("object ab12cd34 is gone", "object 9f00e1 is gone"),
        ("user_7 has left", "user_12 has left"),
    ],
)
def test_a_word_with_a_digit_in_it_names_a_thing_and_makes_no_group_of_its_own(one, other):
    assert Failure(one).fingerprint(PATH) == Failure(other).fingerprint(PATH)


def test_a_failure_knows_its_class_and_where_it_was_raised():
    failure = failure_of(broken, 7)
    assert failure.error_class == "builtins.ValueError"
    frame = json.loads(failure.frames)[-1]
    assert (frame["function"], frame["own"]) == ("broken", True)
    assert frame["file"] == __file__
    assert "raise ValueError" in frame["source"][1]


class Unspeakable(Exception):
    def __repr__(self):
        raise RuntimeError("no")

    __str__ = __repr__


def test_an_exception_that_cannot_be_described_is_a_failure_all_the_same():
    def fail():
        raise Unspeakable

    assert failure_of(fail).error.startswith("Unspeakable (its repr failed)")


def test_a_recursion_is_kept_in_thirty_frames():
    def fall(depth=0):
        fall(depth + 1)

    failure = failure_of(fall)
    assert len(json.loads(failure.frames)) == 30
    assert len(failure.error) < 50_000


def test_reads_by_state_do_not_overlap():
    Task.objects.create(task=PATH)
    Task.objects.create(task=PATH, run_after=timezone.now() + timedelta(hours=1))
    Task.objects.create(task=PATH, attempt=1, max_attempts=3)
    a_task(Task.PROGRESS)
    names = ("queued", "scheduled", "retrying", "running")
    assert [getattr(Task.objects, name)().count() for name in names] == [1, 1, 1, 1]
