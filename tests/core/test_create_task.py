from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.utils import timezone

from django_simple_queue.models import Task
from django_simple_queue.utils import TaskNotAllowedError, create_task, create_tasks
from tests.core.rows import PATH, a_task

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def allowlist(settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {PATH, "shop.tasks.other"}


WEST, EAST = ZoneInfo("Etc/GMT+5"), ZoneInfo("Etc/GMT-5")


def test_a_task_is_enqueued_with_the_defaults_and_its_id_returned():
    task_id = create_task(PATH, {"order_id": 7})
    task = Task.objects.get()
    assert isinstance(task_id, UUID)
    assert (task.id, task.id.version, task.task, task.status) == (task_id, 7, PATH, Task.QUEUED)
    assert json.loads(task.args) == {"order_id": 7}
    assert (task.queue, task.priority, task.due, task.attempt, task.max_attempts) == ("default", 0, True, 0, 1)
    assert (task.timeout, task.epoch, task.idempotency_key, task.created_by) == (None, 0, None, "")
    assert abs(task.run_after - timezone.now()) < timedelta(minutes=1)


def test_everything_that_can_be_said_of_a_task_is_stored():
    start = datetime(2030, 1, 2, 3, 4, tzinfo=UTC)
    task_id = create_task(
        task=PATH,
        args={},
        queue="mail",
        priority=-5,
        run_after=start,
        max_attempts=4,
        timeout=0,
        idempotency_key="invoice-7",
        created_by="ada",
    )
    task = Task.objects.get(pk=task_id)
    assert (task.queue, task.priority, task.run_after, task.due) == ("mail", -5, start, False)
    assert (task.max_attempts, task.timeout, task.idempotency_key, task.created_by) == (4, 0, "invoice-7", "ada")


def test_a_wait_is_counted_from_now():
    task = Task.objects.get(pk=create_task(PATH, {}, run_after=timedelta(hours=1)))
    assert not task.due
    assert timedelta(minutes=59) < task.run_after - timezone.now() <= timedelta(hours=1)


def test_a_time_that_has_passed_is_due_at_once():
    assert Task.objects.get(pk=create_task(PATH, {}, run_after=timedelta(seconds=-5))).due


def test_the_options_of_the_task_are_its_defaults_and_the_caller_wins(settings):
    options = {"queue": "money", "priority": 9, "max_attempts": 3, "timeout": 30}
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {PATH: options}
    task = Task.objects.get(pk=create_task(PATH, {}))
    assert (task.queue, task.priority, task.max_attempts, task.timeout) == ("money", 9, 3, 30)
    task = Task.objects.get(pk=create_task(PATH, {}, queue="now", priority=0, max_attempts=1, timeout=0))
    assert (task.queue, task.priority, task.max_attempts, task.timeout) == ("now", 0, 1, 0)


def test_the_setting_decides_how_often_a_task_is_tried_when_nothing_else_does(settings):
    settings.DJANGO_SIMPLE_QUEUE_MAX_ATTEMPTS = 5
    assert Task.objects.get(pk=create_task(PATH, {})).max_attempts == 5


@pytest.mark.parametrize(
    ("task", "problem", "words"),
    [
        ("os.system", TaskNotAllowedError, "'os.system' is not in the allowlist.*DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS"),
        (7, TypeError, "task must be a dotted path .str., not 7"),
        (None, TypeError, "task must be a dotted path .str., not None"),
        (a_task, TypeError, "task must be a dotted path .str., here 'tests.core.rows.a_task', not <function a_task"),
        (lambda: 0, TypeError, "task must be a dotted path .str., not <function <lambda>"),
        ("", ValueError, "task must be a dotted path such as"),
        ("a\x00.b", ValueError, "task must be a dotted path such as"),
        ("x" * 256, ValueError, "task has 256 characters, at most 255"),
    ],
)
def test_a_task_that_may_not_be_enqueued_is_refused(task, problem, words):
    with pytest.raises(problem, match=words):
        create_task(task, {})
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("extra", "problem", "words"),
    [
        ({"queue": ""}, ValueError, "queue must have 1 to 64"),
        ({"queue": "a,b"}, ValueError, "queue must have no comma"),
        ({"queue": "*"}, ValueError, r"queue must not be '\*': whoever pauses that pauses all queues"),
        ({"queue": "x" * 65}, ValueError, r"\(65\)"),
        ({"queue": 7}, TypeError, "queue must be text, not 7"),
        ({"priority": 101}, ValueError, "priority must be from -100 to 100, not 101"),
        ({"priority": "high"}, TypeError, "priority must be a whole number, not 'high'"),
        ({"priority": True}, TypeError, "priority must be a whole number, not True"),
        ({"max_attempts": 0}, ValueError, "max_attempts must be from 1 to 1000, not 0"),
        ({"timeout": -1}, ValueError, "timeout must be 0 .* not -1"),
        ({"timeout": "60"}, TypeError, "timeout must be whole seconds or None, not '60'"),
        ({"run_after": 60}, TypeError, "run_after must be a datetime or a timedelta, not 60"),
        ({"run_after": datetime(2030, 1, 1)}, ValueError, "2030-01-01T00:00:00 has no time zone"),
        ({"run_after": timedelta.max}, ValueError, "run_after must be a time that a calendar has"),
        ({"run_after": datetime.max.replace(tzinfo=WEST)}, ValueError, "not 9999-12-31T23:59:59.999999-05:00"),
        ({"run_after": datetime.min.replace(tzinfo=EAST)}, ValueError, r"not 0001-01-01T00:00:00\+05:00"),
        ({"idempotency_key": "x" * 201}, ValueError, "idempotency_key must have 1 to 200"),
        ({"idempotency_key": "order-7 "}, ValueError, "idempotency_key must have no space around it, not 'order-7 '"),
        ({"idempotency_key": "\n"}, ValueError, r"idempotency_key must have no space around it, not '\\n'"),
        ({"idempotency_key": 7}, TypeError, "idempotency_key must be text, not 7"),
        ({"created_by": object()}, TypeError, "created_by must be text, not <object object"),
        ({"created_by": 0}, TypeError, "created_by must be text, not 0"),
    ],
)
def test_a_wrong_extra_is_quoted_and_nothing_is_written(extra, problem, words):
    with pytest.raises(problem, match=words):
        create_task(PATH, {}, **extra)
    assert not Task.objects.exists()


def test_a_name_that_is_too_long_for_the_column_is_cut():
    assert Task.objects.get(pk=create_task(PATH, {}, created_by="x" * 400 + "\x00")).created_by == "x" * 150


def test_the_extras_are_keyword_only():
    with pytest.raises(TypeError):
        create_task(PATH, {}, "mail")


@pytest.mark.django_db(transaction=True)
def test_a_task_is_part_of_the_callers_transaction():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        create_task(PATH, {})
        create_tasks([(PATH, {})])
        1 / 0  # noqa: B018
    assert not Task.objects.exists()


def test_an_idempotency_key_that_exists_returns_its_task_and_changes_nothing():
    first = create_task(PATH, {"order": 7}, idempotency_key="order-7", priority=1)
    before = Task.objects.values().get()
    assert create_task(PATH, {"order": 7}, idempotency_key="order-7", priority=50) == first
    assert Task.objects.values().get() == before


@pytest.mark.parametrize("empty", [None, ""])
def test_no_key_is_no_key(empty):
    assert create_task(PATH, {}, idempotency_key=empty) != create_task(PATH, {}, idempotency_key=empty)
    assert set(Task.objects.values_list("idempotency_key", flat=True)) == {None}


def test_keys_that_differ_in_case_are_two_keys():
    assert create_task(PATH, {}, idempotency_key="a") != create_task(PATH, {}, idempotency_key="A")


@pytest.mark.parametrize(("task", "args"), [("shop.tasks.other", {"order": 7}), (PATH, {"order": 8})])
def test_a_key_stands_for_one_call_and_the_transaction_survives_the_refusal(task, args):
    first = create_task(PATH, {"order": 7}, idempotency_key="order-7")
    with transaction.atomic():
        with pytest.raises(ValueError, match=f"'order-7' stands for task {first}"):
            create_task(task, args, idempotency_key="order-7")
        create_task(PATH, {"still": "here"})
    assert Task.objects.count() == 2


def test_a_key_holds_whatever_became_of_its_task():
    first = create_task(PATH, {}, idempotency_key="once")
    Task.objects.filter(pk=first).update(status=Task.FAILED)
    assert create_task(PATH, {}, idempotency_key="once") == first
    assert Task.objects.get().status == Task.FAILED


@pytest.mark.django_db(transaction=True)
def test_twenty_callers_at_once_make_one_task():
    def call(number):
        try:
            with transaction.atomic():
                return create_task(PATH, {"order": 7}, idempotency_key="order-7")
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        ids = list(pool.map(call, range(20)))
    assert set(ids) == {Task.objects.get().pk}


def test_many_tasks_are_enqueued_in_order():
    calls = [(PATH, {"n": n}) for n in range(5)]
    calls += [{"task": "shop.tasks.other", "args": {"n": 5}, "queue": "mail", "idempotency_key": "five"}]
    ids = create_tasks(calls)
    found = Task.objects.in_bulk(ids)
    assert [found[task_id].arguments["n"] for task_id in ids] == list(range(6))
    assert found[ids[-1]].queue == "mail"
    assert create_tasks([]) == []


def test_of_many_tasks_each_has_the_options_of_its_own(settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = {PATH: {"queue": "money", "timeout": 30}, "shop.tasks.other": {}}
    ids = create_tasks([(PATH, {}), ("shop.tasks.other", {}), {"task": PATH, "args": {}, "timeout": 0}, (PATH, {})])
    found = Task.objects.in_bulk(ids)
    said = [(found[task_id].queue, found[task_id].timeout) for task_id in ids]
    assert said == [("money", 30), ("default", None), ("money", 0), ("money", 30)]


def test_many_tasks_cost_few_queries(django_assert_max_num_queries):
    with django_assert_max_num_queries(25):
        create_tasks((PATH, {"n": n}) for n in range(500))
    assert Task.objects.filter(due=True, status=Task.QUEUED).count() == 500


def test_the_same_key_twice_in_one_call_is_one_task():
    call = {"task": PATH, "args": {}, "idempotency_key": "k"}
    first, second = create_tasks([call, call])
    assert first == second
    assert Task.objects.count() == 1


@pytest.mark.parametrize(
    ("bad", "problem", "words"),
    [
        (("os.system", {}), TaskNotAllowedError, "os.system"),
        ((PATH, {"x": {1}}), TypeError, r"args\['x'\] is a set"),
        ({"task": PATH, "args": {}, "priority": 500}, ValueError, "priority"),
        ({"task": PATH, "args": {}, "prio": 5}, TypeError, "create_task has no parameter 'prio'; .* priority"),
        ({"task": PATH}, TypeError, "A call is"),
        ((PATH,), TypeError, "A call is"),
        (PATH, TypeError, "A call is"),
        ({"task": PATH, "args": {"n": 2}, "idempotency_key": "taken"}, ValueError, "'taken' stands for task"),
    ],
)
def test_of_many_tasks_all_are_enqueued_or_none(bad, problem, words):
    create_task(PATH, {"n": 1}, idempotency_key="taken")
    with pytest.raises(problem, match=words):
        create_tasks([(PATH, {}), {"task": PATH, "args": {}, "idempotency_key": "new"}, bad])
    assert Task.objects.count() == 1
