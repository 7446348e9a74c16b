"""The tasks that a filled table has run: they can be called, so that the console treats their rows as any others."""

from __future__ import annotations


def past(order_id: int, customer: str) -> str:
    """Say that the order is done.

    Args:
        order_id: The order.
        customer: Whose it is.
    """
    return f"done {order_id} for {customer}"


globals().update({f"task_{number}": past for number in range(20)})
