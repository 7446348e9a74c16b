from __future__ import annotations


def send_email(**arguments: object) -> None:
    """Send an e-mail."""
