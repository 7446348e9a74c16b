from __future__ import annotations

import inspect
import re
import signal

import pytest
from django.core.management import load_command_class

from dashboard.actions import PERMISSIONS
from django_simple_queue import signals, utils
from django_simple_queue.engine import events, stopping
from django_simple_queue.models import OperatorAction, Task
from django_simple_queue.models.transitions import MOVES
from tests.docs.pages import DOCS, PAGES, ROOT, blocks, table, text

STATUS = {value: str(label) for value, label in Task.STATUS_CHOICES}


def test_the_statuses_are_those_of_the_model():
    rows = table("docs/lifecycle.md", "value", "status")
    assert {int(row[0]): row[1] for row in rows} == STATUS


def test_the_verbs_are_those_of_the_code():
    rows = table("docs/lifecycle.md", "verb", "from", "to", "who")
    documented = {verb: (source, target, who) for verb, source, target, who in rows}
    assert documented == {verb: (named(move.sources), named(move.targets), move.actor) for verb, move in MOVES.items()}


def named(values) -> str:
    return ", ".join(STATUS[value] for value in values)


def test_the_parameters_of_create_task_are_documented_in_order():
    documented = [row[0] for row in table("docs/tasks.md", "parameter", "meaning")]
    assert documented == list(inspect.signature(utils.create_task).parameters)


def test_the_signals_and_their_arguments_are_documented():
    rows = table("docs/tasks.md", "signal", "when", "arguments")
    documented = {name: set(re.findall(r"\b(task|error|iteration|output)\b(?! ends)", args)) for name, _, args in rows}
    source = text("django_simple_queue/signals.py")
    in_code = re.findall(r'^(\w+) = Signal\(\)\n"""(.*?)"""', source, re.MULTILINE | re.DOTALL)
    assert documented == {name: set(re.findall(r"``(\w+)``", doc)) for name, doc in in_code}
    assert all(hasattr(signals, name) for name in documented)


def test_the_options_of_the_worker_are_documented():
    parser = load_command_class("django_simple_queue", "task_worker").create_parser("manage.py", "task_worker")
    ours = {"--concurrency", "--queues", "--burst", "--max-tasks", "--json"}
    options = {option for action in parser._actions for option in action.option_strings}
    from_django = {
        "--version",
        "--verbosity",
        "--settings",
        "--pythonpath",
        "--traceback",
        "--no-color",
        "-h",
        "--help",
    }
    from_django |= {"-v", "--force-color", "--skip-checks"}
    assert options - from_django == ours
    documented = {row[0].split()[0] for row in table("docs/worker.md", "option", "meaning")}
    assert documented == ours | {"-v"}


def test_the_signals_of_the_worker_are_documented():
    rows = table("docs/worker.md", "signal", "what happens")
    documented = {name for row in rows for name in re.findall(r"SIG[A-Z]+", row[0])}
    assert documented == {signal.Signals(number).name for number in (*stopping.FINISH, stopping.AT_ONCE)}


def test_the_events_of_the_worker_are_documented():
    (sentence,) = re.findall(r"^`event` is (.*?) for\sall\selse\.", text("docs/worker.md"), re.MULTILINE | re.DOTALL)
    in_code = set(re.findall(r'\bof\("(\w+)"', text("django_simple_queue/engine/events.py")))
    assert set(re.findall(r"`(\w+)`", sentence)) == in_code | {*events.WORDS.values(), "will_retry", "message"}


@pytest.mark.django_db
def test_the_permissions_exist_and_each_verb_needs_one_of_them():
    from django.contrib.auth.models import Permission

    documented = {row[0].rpartition(".")[2] for row in table("docs/security.md", "permission", "lets an operator")}
    existing = set(
        Permission.objects.filter(
            content_type__app_label__in=("django_simple_queue", "simple_queue_dashboard")
        ).values_list("codename", flat=True)
    )
    assert documented <= existing
    assert set(PERMISSIONS.values()) <= documented
    assert {"view_task", "view_task_payload", "change_worker", "change_failuregroup"} <= documented
    assert OperatorAction._meta.default_permissions == ("view",)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_python_in_the_pages_is_python(page):
    for code in blocks(page, "python"):
        compile(code, str(page), "exec")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_what_the_pages_import_exists(page):
    for line in re.findall(r"^from (?:django_simple_queue|dashboard)[\w.]* import .*$", page.read_text(), re.MULTILINE):
        exec(line, {})


def test_pages_are_plain():
    """Words that promise instead of saying."""
    froth = re.compile(
        r"\b(blazing|seamless\w*|effortless\w*|powerful|cutting-edge|world-class|robust|simply|leverage)\b", re.I
    )
    assert [
        (page.name, found)
        for page in [*DOCS.glob("*.md"), ROOT / "README.md"]
        for found in froth.findall(page.read_text())
    ] == []
