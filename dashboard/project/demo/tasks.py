"""Tasks of a small shop, one of every kind that a queue meets. Nothing here reaches the network or anybody's money."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Iterator
from typing import Literal

from django.conf import settings

from dashboard.project.demo.gateway import Gateway

logger = logging.getLogger("shop")


def send_email(
    to: str,
    template: Literal["welcome", "order_confirmed", "password_reset"] = "order_confirmed",
    order_id: int | None = None,
) -> str:
    """Send one message to a customer. Quick: a fraction of a second.

    Args:
        to: The address of the customer.
        template: Which text to send.
        order_id: The order that the text speaks of, if any.
    """
    print(f"rendering {template} for {to}")
    time.sleep(random.uniform(0.05, 0.4))
    return f"accepted for delivery to {to}" + (f" (order {order_id})" if order_id else "")


def build_report(month: str, pages: int = 20, format: Literal["pdf", "csv"] = "pdf") -> dict[str, object]:
    """Build the sales report of a month. Slow: about a second a page, printed as it goes.

    Args:
        month: Year and month, such as 2026-03.
        pages: How many pages the report has.
        format: The kind of file.
    """
    for page in range(1, pages + 1):
        time.sleep(random.uniform(0.6, 1.2))
        print(f"page {page} of {pages}: {random.randint(120, 900)} orders")
    return {"file": f"reports/{month}.{format}", "pages": pages}


def import_orders(source: str, orders: int = 400, batch: int = 25) -> Iterator[str]:
    """Import orders from a partner, batch by batch. A generator: each batch is a line of the output.

    Args:
        source: The partner's feed.
        orders: How many orders the feed holds.
        batch: How many are stored at a time.
    """
    for first in range(0, orders, batch):
        time.sleep(random.uniform(0.3, 0.8))
        done = min(first + batch, orders)
        store_order({"id": done, "postcode": "1010"})
        yield f"{done} of {orders} orders from {source}\n"


def store_order(order: dict[str, object]) -> str:
    return f"{order['id']}/{order['postcode']}"


def charge_invoice(invoice_id: int, amount_cents: int, currency: str = "EUR") -> str:
    """Charge an invoice to the customer's card. Fails: the payment provider is out of order.

    Args:
        invoice_id: The invoice to charge.
        amount_cents: The amount in cents.
        currency: Three letters.
    """
    print(f"charging invoice {invoice_id}: {amount_cents / 100:.2f} {currency}")
    return Gateway().charge(invoice_id, amount_cents, currency)


class StockLocked(Exception):
    """Another order holds the stock."""


def reserve_stock(order_id: int, sku: str, quantity: int = 1) -> str:
    """Reserve goods for an order. Fails the first time for each order and works the second time: try Requeue on it.

    Args:
        order_id: The order that wants the goods.
        sku: The article.
        quantity: How many.
    """
    seen = settings.DATA_DIR / "demo" / "reserved"
    seen.mkdir(parents=True, exist_ok=True)
    marker = seen / str(order_id)
    time.sleep(random.uniform(0.05, 0.3))
    if not marker.exists():
        marker.touch()
        refuse_stock(order_id, sku)
    return f"{quantity} x {sku} reserved for order {order_id}"


def refuse_stock(order_id: int, sku: str) -> None:
    raise StockLocked(f"{sku} is locked by a stock-taking; order {order_id} gets nothing for now")


class WarehouseBusy(Exception):
    """The warehouse asks to come back later."""


def sync_inventory(warehouse: str) -> dict[str, int]:
    """Copy the stock levels of a warehouse. Flaky: fails about every second time, and is tried three times.

    Args:
        warehouse: The name of the warehouse.
    """
    time.sleep(random.uniform(0.2, 1.0))
    if random.random() < 0.5:
        refuse_sync(warehouse)
    return {"articles": random.randint(2_000, 9_000), "changed": random.randint(0, 400)}


def refuse_sync(warehouse: str) -> None:
    raise WarehouseBusy(f"{warehouse} answered 503: too many requests, come back later")


async def fetch_exchange_rates(base: str = "EUR", currencies: list[str] | None = None) -> dict[str, float]:
    """Fetch exchange rates, all at the same time. A coroutine.

    Args:
        base: The currency that the rates are relative to.
        currencies: Which rates to fetch; empty means the usual four.
    """
    wanted = currencies or ["USD", "GBP", "CHF", "JPY"]
    return dict(await asyncio.gather(*(fetch_rate(base, currency) for currency in wanted)))


async def fetch_rate(base: str, currency: str) -> tuple[str, float]:
    await asyncio.sleep(random.uniform(0.1, 1.5))
    print(f"{base}/{currency} fetched")
    return currency, round(random.uniform(0.7, 1.4), 4)


def reindex_products(shelf: str, products: int = 600) -> str:
    """Rebuild the search index of a shelf. Chatty: a line of log for every product.

    Args:
        shelf: The shelf to index.
        products: How many products stand on it.
    """
    for number in range(1, products + 1):
        level = logging.WARNING if number % 97 == 0 else logging.INFO
        logger.log(level, "%s/%05d %s", shelf, number, "has no picture" if level == logging.WARNING else "indexed")
        time.sleep(0.01)
    return f"{products} products of {shelf} indexed"


def export_catalogue(language: str = "en", products: int = 20_000) -> str:
    """Write the whole catalogue as text. Big: about a megabyte of output.

    Args:
        language: Two letters.
        products: How many products to write.
    """
    lines = (f"{number:06d};{language};Product {number};{number % 400 + 1}.99;in stock" for number in range(products))
    return "\n".join(lines)


def transfer_funds(from_account: str, to_account: str, amount_cents: int, reference: str) -> str:
    """Move money between two accounts of the shop. Must not be repeated blindly: the console asks first.

    Args:
        from_account: The account that pays.
        to_account: The account that gets the money.
        amount_cents: The amount in cents.
        reference: What the statement says.
    """
    print(f"booking {amount_cents / 100:.2f} EUR from {from_account} to {to_account}: {reference}")
    time.sleep(random.uniform(0.5, 1.5))
    require_signature(amount_cents)
    return f"booked as {random.randint(10_000_000, 99_999_999)}"


def require_signature(amount_cents: int) -> None:
    if amount_cents > 500_000:
        raise PermissionError(f"a transfer of {amount_cents / 100:.2f} EUR needs a second signature")


def connect_partner(partner: str, api_key: str) -> str:
    """Store the key of a partner and try it. The console never shows the key.

    Args:
        partner: The partner's name.
        api_key: The key from the partner's own console.
    """
    time.sleep(random.uniform(0.2, 0.6))
    return f"{partner} accepted a key of {len(api_key)} characters"


def resize_photos(album: str, photos: int = 40) -> str:
    """Make small versions of an album's photos. Has a time limit of ten seconds: about 30 photos fit into it.

    Args:
        album: The album.
        photos: How many photos it holds.
    """
    for number in range(1, photos + 1):
        time.sleep(0.33)
        print(f"{album}/{number:04d}.jpg")
    return f"{photos} photos of {album} resized"
