"""What the shop asks of its queue: believable calls of each task, how long they take, and what they leave behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from dashboard.project.demo import tasks
from dashboard.project.demo.allowlist import ALLOWED_TASKS, TASKS

Args = dict[str, Any]
PEOPLE = (
    "anna ben carla dmitri elif farah goran hana ivo jana karim lena marek nora olga pavel ruth sami tess uwe".split()
)
PLACES = "example.com example.org example.net mail.example post.example".split()
WAREHOUSES = ("Graz", "Lyon", "Porto", "Tartu")
PARTNERS = ("northwind", "contoso", "fabrikam")
SHELVES = ("books", "garden", "kitchen", "lamps", "toys")


@dataclass(frozen=True)
class Kind:
    """One task: ``share`` of a thousand calls, ``seconds`` a run takes, ``failing`` of a thousand runs fail."""

    name: str
    share: int
    seconds: tuple[float, float]
    args: Callable[[Random], Args]
    result: Callable[[Random, Args], object]
    failing: int = 0
    fail: Callable[[Args], object] = bool

    @property
    def path(self) -> str:
        return f"{TASKS}.{self.name}"

    @property
    def options(self) -> dict[str, Any]:
        return ALLOWED_TASKS[self.path]

    def output(self, random: Random, args: Args) -> str:
        """Return what a completed run stores: text as it is, anything else as JSON."""
        result = self.result(random, args)
        return result if isinstance(result, str) else json.dumps(result)


def order(random: Random) -> int:
    return random.randint(40_000, 69_999)


def email_args(random: Random) -> Args:
    to = f"{random.choice(PEOPLE)}{random.randint(1, 99)}@{random.choice(PLACES)}"
    if random.random() < 0.25:
        return {"to": to, "template": random.choice(["welcome", "password_reset"])}
    return {"to": to, "order_id": order(random)}


def invoice_args(random: Random) -> Args:
    return {"invoice_id": random.randint(8_000, 9_999), "amount_cents": random.randint(9, 400) * 100 - 1}


def stock_args(random: Random) -> Args:
    sku = f"{random.choice(SHELVES)[:3].upper()}-{random.randint(100, 999)}"
    return {"order_id": order(random), "sku": sku, "quantity": random.randint(1, 4)}


def transfer_args(random: Random) -> Args:
    amount = random.choice([random.randint(2_000, 90_000), random.randint(2_000, 90_000), 640_000])
    accounts = {"from_account": "AT-1100", "to_account": random.choice(["AT-2200", "FR-3300", "PT-4400"])}
    return {**accounts, "amount_cents": amount, "reference": f"week {random.randint(1, 52)}"}


def import_result(random: Random, args: Args) -> str:
    total = args["orders"]
    return "".join(f"{min(done + 25, total)} of {total} orders from {args['source']}\n" for done in range(0, total, 25))


def rates(random: Random, args: Args) -> object:
    return {currency: round(random.uniform(0.7, 1.4), 4) for currency in ("USD", "GBP", "CHF", "JPY")}


KINDS = (
    Kind("send_email", 520, (0.1, 0.5), email_args, lambda random, args: f"accepted for delivery to {args['to']}"),
    Kind(
        "charge_invoice",
        130,
        (0.4, 1.4),
        invoice_args,
        lambda random, args: f"receipt ch_{random.getrandbits(40):010x}",
        4,
        lambda args: tasks.charge_invoice(**args),
    ),
    Kind(
        "reserve_stock",
        120,
        (0.05, 0.3),
        stock_args,
        lambda random, args: f"{args['quantity']} x {args['sku']} reserved for order {args['order_id']}",
        20,
        lambda args: tasks.refuse_stock(args["order_id"], args["sku"]),
    ),
    Kind(
        "sync_inventory",
        70,
        (0.3, 2.0),
        lambda random: {"warehouse": random.choice(WAREHOUSES)},
        lambda random, args: {"articles": random.randint(2_000, 9_000), "changed": random.randint(0, 400)},
        220,
        lambda args: tasks.refuse_sync(args["warehouse"]),
    ),
    Kind(
        "import_orders",
        35,
        (5, 40),
        lambda random: {"source": random.choice(PARTNERS), "orders": random.randint(4, 24) * 25},
        import_result,
        8,
        lambda args: tasks.store_order({"id": args["orders"]}),
    ),
    Kind("fetch_exchange_rates", 35, (0.5, 1.6), lambda random: {"base": "EUR"}, rates),
    Kind(
        "reindex_products",
        25,
        (4, 30),
        lambda random: {"shelf": random.choice(SHELVES), "products": random.randint(3, 20) * 100},
        lambda random, args: f"{args['products']} products of {args['shelf']} indexed",
    ),
    Kind(
        "build_report",
        20,
        (8, 60),
        lambda random: {"month": f"2026-{random.randint(1, 12):02d}", "pages": random.randint(8, 40)},
        lambda random, args: {"file": f"reports/{args['month']}.pdf", "pages": args["pages"]},
    ),
    Kind(
        "transfer_funds",
        18,
        (0.6, 1.6),
        transfer_args,
        lambda random, args: f"booked as {random.randint(10_000_000, 99_999_999)}",
        60,
        lambda args: tasks.require_signature(640_000),
    ),
    Kind(
        "resize_photos",
        17,
        (2, 9),
        lambda random: {"album": f"{random.choice(SHELVES)}-{random.randint(1, 40)}", "photos": random.randint(8, 29)},
        lambda random, args: f"{args['photos']} photos of {args['album']} resized",
    ),
    Kind(
        "export_catalogue",
        6,
        (0.2, 0.6),
        lambda random: {"language": random.choice(["en", "de", "fr"]), "products": 50},
        lambda random, args: tasks.export_catalogue(**args),
    ),
    Kind(
        "connect_partner",
        4,
        (0.3, 0.7),
        lambda random: {"partner": random.choice(PARTNERS), "api_key": f"{random.getrandbits(96):024x}"},
        lambda random, args: f"{args['partner']} accepted a key of 24 characters",
    ),
)
NAMED = {kind.name: kind for kind in KINDS}


def any_kind(random: Random) -> Kind:
    return random.choices(KINDS, [kind.share for kind in KINDS])[0]
