from __future__ import annotations

import asyncio
import inspect
import traceback
from random import Random

import pytest

from dashboard.project.demo import tasks
from dashboard.project.demo.allowlist import ALLOWED_TASKS
from dashboard.project.demo.catalogue import KINDS
from dashboard.project.demo.gateway import ProviderUnavailable
from dashboard.project.demo.seed import FIRST_CALLS
from django_simple_queue import callables, checks


@pytest.fixture(autouse=True)
def demo_allowlist(settings):
    settings.DJANGO_SIMPLE_QUEUE_ALLOWED_TASKS = ALLOWED_TASKS


def test_the_allowlist_passes_the_checks():
    assert [*checks.check_settings(), *checks.check_tasks_can_be_imported()] == []


@pytest.mark.parametrize("path", ALLOWED_TASKS)
def test_a_task_explains_itself_and_each_of_its_parameters(path):
    function = callables.resolve(path)
    signature = inspect.signature(function)
    assert all(each.annotation is not inspect.Parameter.empty for each in signature.parameters.values())
    assert [name for name in signature.parameters if f"    {name}: " not in (function.__doc__ or "")] == []


def test_every_task_has_a_place_in_the_history():
    assert {kind.path for kind in KINDS} == set(ALLOWED_TASKS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_calls_of_the_history_fit_their_task(kind):
    for number in range(20):
        callables.check_arguments(callables.resolve(kind.path), kind.args(Random(number)))


@pytest.mark.parametrize(("name", "args"), FIRST_CALLS)
def test_the_first_calls_fit_their_task(name, args):
    callables.check_arguments(getattr(tasks, name), args)


def test_charging_fails_with_the_providers_words_deep_inside():
    with pytest.raises(ProviderUnavailable, match=r"^payments\.example answered 503") as caught:
        tasks.charge_invoice(9114, 12_900)
    functions = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert functions[-3:] == ["charge", "_post", "_check"]


def test_reserving_fails_the_first_time_for_each_order_and_works_the_second(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    for order in (1, 2):
        with pytest.raises(tasks.StockLocked):
            tasks.reserve_stock(order, "LAM-204")
        assert tasks.reserve_stock(order, "LAM-204", 3) == f"3 x LAM-204 reserved for order {order}"


def test_an_import_tells_how_far_it_came():
    lines = list(tasks.import_orders("contoso", orders=60, batch=30))
    assert lines == ["30 of 60 orders from contoso\n", "60 of 60 orders from contoso\n"]


def test_rates_are_fetched_side_by_side(capsys):
    rates = asyncio.run(tasks.fetch_exchange_rates("EUR", ["USD", "CHF"]))
    assert set(rates) == {"USD", "CHF"}


def test_the_catalogue_is_big_and_the_index_is_chatty(caplog):
    assert len(tasks.export_catalogue()) > 500_000
    with caplog.at_level("INFO", "shop"):
        tasks.reindex_products("lamps", 100)
    assert len(caplog.records) == 100
