from __future__ import annotations

import pytest

from dashboard.templatetags.simple_queue import near


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("charge", "charge"),
        ("shop.tasks.charge", "shop.tasks.charge"),
        ("dashboard.project.demo.tasks.charge", "…demo.tasks.charge"),
        ("a_module_longer_than_any_room.charge", "a_module_longer_than_any_room.charge"),
        ("deep.a_module_longer_than_any_room.charge", "…a_module_longer_than_any_room.charge"),
        ("", ""),
        ("..", ".."),
    ],
)
def test_a_list_shows_the_nearest_modules_whole(path: str, shown: str) -> None:
    assert near(path) == shown
