from __future__ import annotations


def charge_invoice(**arguments: object) -> None:
    """Charge an invoice."""
