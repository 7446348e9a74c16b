"""The admin's pages about tasks, as its tests read them."""

from __future__ import annotations

LIST = "/admin/django_simple_queue/task/"
ALL = ("view_task", "view_task_payload", "requeue_task", "cancel_task", "delete_task", "add_task", "change_task")


def said(response):
    return [str(message) for message in response.context["messages"]]


def page(response):
    assert response.status_code == 200
    return response.content.decode()
