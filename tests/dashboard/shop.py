"""Tasks that the console's tests enqueue; nothing here runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID


class Size(Enum):
    SMALL = "s"
    LARGE = "l"


@dataclass
class Ge:
    """As annotated-types spells it, without that package."""

    ge: int


@dataclass
class Le:
    le: int


@dataclass
class Address:
    street: str
    city: str = "Wien"
    floors: list[int] = field(default_factory=list)


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


def ship(
    to: str,
    order: int,
    weight: float = 1.5,
    value: Decimal = Decimal("9.90"),
    fragile: bool = True,
    on: date | None = None,
    at: time = time(9, 30),
    until: datetime | None = None,
    key: UUID | None = None,
    carrier: Literal["dhl", "ups", 7] = "dhl",
    size: Size = Size.SMALL,
    note: str | None = None,
    parcels: Annotated[int, Ge(1), Le(20), "How many boxes."] = 1,
    tags: list[str] | None = None,
    labels: set[int] = frozenset(),
    spot: tuple[int, str] | None = None,
    insured: bool | None = None,
    address: Address | None = None,
    meta: dict[str, Any] | None = None,
    token: str = "",
    anything=None,
    **extra: Any,
) -> None:
    """Send a parcel.

    Parameters
    ----------
    to : str
        Who gets it.
    order : int
        The order.
    """


def settle(
    customer_reference_of_the_previous_year: int,
    amount_in_cents: Annotated[int, Ge(1), Le(20)],
    repeat_without_asking_the_customer: bool = False,
    recipients_of_the_reminder_letter: list[int] | None = None,
    address_of_the_legal_representative: Address | None = None,
) -> None:
    """Take parameters with long names."""


not_callable = 5
