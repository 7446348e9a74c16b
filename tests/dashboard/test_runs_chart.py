"""The latest runs of a task to scale: one that is far off is cut off, and leaves the others readable."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.selectors.runs import HEIGHT, latest_runs
from django_simple_queue.models import Task
from tests.dashboard.queue import SEND, a_task

pytestmark = pytest.mark.django_db


def ran(*seconds):
    now = timezone.now()
    tasks = [
        a_task(Task.COMPLETED, age=1000 - place, started=now - timedelta(seconds=each), finished=now)
        for place, each in enumerate(seconds)
    ]
    return latest_runs(SEND, tasks[-1].pk)


def heights(runs):
    return [float(column.height) for column in runs.columns]


def test_one_run_that_is_far_off_is_cut_off(ada):
    runs = ran(1, 1, 2, 1, 1, 1, 600, 1, 1, 1)
    assert [column.cut for column in runs.columns].count(True) == 1
    assert heights(runs)[6] == HEIGHT
    assert heights(runs)[0] == HEIGHT / 4
    assert float(runs.slow_y) == 0
    html = ada.get(f"/tasks/{runs.columns[0].pk}/").content.decode()
    assert html.count('class="gap"') == 1
    assert "much longer ones are cut off" in html


@pytest.mark.parametrize("seconds", [(1, 2, 3, 4, 5), (1, 1, 1, 5, 5, 5), (0, 0, 0, 0, 0)])
def test_runs_that_are_alike_are_drawn_whole(ada, seconds):
    runs = ran(*seconds)
    assert not runs.cut
    assert heights(runs)[-1] == (HEIGHT if seconds[-1] else 2)
    assert "cut off" not in ada.get(f"/tasks/{runs.columns[0].pk}/").content.decode()
