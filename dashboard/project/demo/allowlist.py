"""Which tasks of the demo may run, and with which options."""

from __future__ import annotations

from typing import Any

TASKS = "dashboard.project.demo.tasks"

ALLOWED_TASKS: dict[str, dict[str, Any]] = {
    f"{TASKS}.send_email": {"title": "Send an e-mail", "queue": "mail", "priority": 10},
    f"{TASKS}.build_report": {"title": "Build the sales report", "queue": "reports", "timeout": 300},
    f"{TASKS}.import_orders": {"title": "Import orders", "timeout": 300},
    f"{TASKS}.charge_invoice": {"title": "Charge an invoice", "queue": "payments", "priority": 20},
    f"{TASKS}.reserve_stock": {"title": "Reserve stock", "rerun": "safe"},
    f"{TASKS}.sync_inventory": {"title": "Copy stock levels", "max_attempts": 3, "backoff": [5, 20], "rerun": "safe"},
    f"{TASKS}.fetch_exchange_rates": {"title": "Fetch exchange rates", "rerun": "safe"},
    f"{TASKS}.reindex_products": {"title": "Rebuild the search index", "queue": "reports", "priority": -10},
    f"{TASKS}.export_catalogue": {"title": "Export the catalogue", "queue": "reports"},
    f"{TASKS}.transfer_funds": {"title": "Transfer funds", "queue": "payments", "rerun": "confirm"},
    f"{TASKS}.connect_partner": {"title": "Connect a partner", "secret_args": ["api_key"]},
    f"{TASKS}.resize_photos": {"title": "Resize photos", "timeout": 10},
}
