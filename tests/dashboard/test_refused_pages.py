"""What whoever may not do something reads: the permission as the admin lists it, and a way that leads somewhere."""

from __future__ import annotations

import pytest

from tests.dashboard.people import operator, signed_in

pytestmark = pytest.mark.django_db
BACK = "Back to tasks"


def refusal(client, path, **person):
    response = signed_in(client, operator("ada", *person.pop("permissions", ()), **person)).get(path)
    assert response.status_code == 403
    return " ".join(response.content.decode().split())


def test_a_missing_permission_is_named_as_the_admin_lists_it(client):
    said = refusal(client, "/activity/", permissions=["view_task"])
    assert "<b>Can view Operator action</b> (<code>django_simple_queue.view_operatoraction</code>)" in said
    assert BACK in said


@pytest.mark.parametrize("staff", [True, False])
def test_whoever_may_see_no_task_is_not_led_back_to_the_tasks(client, staff):
    said = refusal(client, "/workers/", staff=staff, permissions=[] if staff else ["view_task"])
    assert ("<b>Can view Task</b>" if staff else "<b>staff status</b>") in said
    assert BACK not in said
    assert "Use another account" in said
