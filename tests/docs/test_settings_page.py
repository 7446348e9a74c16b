from __future__ import annotations

import ast
import re

import pytest
from django.conf import settings
from django.test import override_settings

from dashboard import access
from django_simple_queue import checks, conf, shapes
from tests.docs.pages import ROOT, blocks, table, text

PAGE = "docs/configuration.md"
ROWS = {name: rest for name, *rest in table(PAGE, "setting", "type", "unit", "default", "example")}
LIMITS = {
    "MAX_OUTPUT_SIZE": shapes.MOST_OUTPUT,
    "MAX_ARGS_SIZE": shapes.MOST_ARGS,
    "MAX_LOG_SIZE": shapes.MOST_LOG,
    "MAX_ATTEMPTS": shapes.MOST_ATTEMPTS,
    "MAX_TASKS_PER_CHILD": shapes.MOST_TASKS,
    "MAX_CHILD_MEMORY_MB": shapes.MEMORY_MB[1],
}


def test_the_table_names_every_setting_and_no_other():
    in_code = re.findall(r'get_(?:setting|whole_number|seconds)\("([A-Z_]+)"', text("django_simple_queue/conf.py"))
    assert set(ROWS) == set(in_code) == set(conf.READERS)


@pytest.mark.parametrize("name", LIMITS)
def test_the_upper_bound_is_the_one_of_the_code(name):
    assert re.search(rf"\b{LIMITS[name]}\b", ROWS[name][0])


@pytest.mark.parametrize("name", ROWS)
def test_the_default_is_the_one_of_the_code(name):
    documented = ROWS[name][2]
    with override_settings():
        delattr_if_set(name)
        expected = None if documented == "not set" else ast.literal_eval(documented)
        assert conf.READERS[name]() == expected


def delattr_if_set(name: str) -> None:
    if hasattr(settings, conf.PREFIX + name):
        delattr(settings, conf.PREFIX + name)


@pytest.mark.parametrize("name", [name for name in ROWS if name != "RELEASE"])
def test_the_example_is_accepted(name):
    with override_settings(**{conf.PREFIX + name: ast.literal_eval(ROWS[name][3])}):
        conf.READERS[name]()


@pytest.mark.parametrize("name", ROWS)
def test_every_setting_is_explained(name):
    assert re.search(rf"^\*\*.*\b{name}\b.*\*\*", text(PAGE), re.MULTILINE)


def test_the_table_of_options_is_the_one_of_the_code():
    assert {row[0] for row in table(PAGE, "option", "meaning")} == set(conf.OPTION_NAMES)


def test_the_example_of_options_passes_the_checks():
    [code] = blocks(ROOT / PAGE, "python")
    values: dict[str, object] = {}
    exec(code, values)
    allowed = values["DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS"]
    with override_settings(DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS=allowed):
        assert checks.check_settings() == []


def test_the_ids_of_the_checks_are_those_of_the_code():
    about_console = "django_simple_queue/checks/console.py"
    queue_checks = [f"django_simple_queue/checks/{name}.py" for name in ("database", "settings")]
    documented = {row[0] for row in table(PAGE, "id", "says")}
    queue = {f"django_simple_queue.{found}" for found in ids_in(*queue_checks)}
    console = {f"simple_queue_dashboard.{found}" for found in ids_in("dashboard/checks.py", about_console)}
    assert documented == queue | console


def ids_in(*files: str) -> set[str]:
    return {found for file in files for found in re.findall(r"\b([EW]\d{3})\"", (ROOT / file).read_text())}


def test_the_environment_of_the_project_is_the_one_of_its_settings():
    source = text("dashboard/project/settings.py") + text("dashboard/project/env.py")
    read = re.findall(r'(?:env\.\w+|environ\.get)\(\s*"([A-Z_]+)"', source)
    assert {row[0] for row in table("docs/deployment.md", "variable", "default", "meaning")} == set(read)


def test_the_headers_are_those_of_the_gate():
    page = " ".join(text("docs/security.md").split())
    assert [f"{name}: {value}" for name, value in access.HEADERS.items() if f"{name}: {value}" not in page] == []
