"""Tasks that the console's tests enqueue; nothing here runs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, Literal
from uuid import UUID


class Size(Enum):
    SMALL = "s"
    LARGE = "l"


def charge(invoice_id: int, amount: float = 0.5, *, card: dict[str, Any] | None = None) -> None:
    """Charge an invoice.

    Longer words about it.

    Args:
        invoice_id (int): The invoice to charge.
        amount: How much.
            In euros.
        card: The card.
    """


def send(
    to: str,
    template: Literal["a", "b"],
    tags: list[str],
    size: Size = Size.SMALL,
    day: date | None = None,
    **extra: Any,
) -> None:
    """Send something.

    :param to: Who gets it.
    :param str template: Which text.
    """


def convert(number: Decimal, key: UUID, flag: bool = False) -> None:
    pass


def nothing() -> None:
    """Take nothing."""


def by_position(first: int, /, second: int = 2) -> None:
    pass


def oddly_annotated(choice: [1, 2], other: {1: 2} = 1) -> None:
    pass


not_callable = 5
