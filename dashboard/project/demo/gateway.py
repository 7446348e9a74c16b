"""A payment provider that is out of order, so that the console has an incident to show."""

from __future__ import annotations

HOST = "payments.example"


class ProviderUnavailable(ConnectionError):
    """The provider takes no payments for now."""


class Gateway:
    def __init__(self, host: str = HOST) -> None:
        self.host = host

    def charge(self, invoice: int, cents: int, currency: str) -> str:
        """Return the provider's receipt for a charge of ``cents``."""
        answer = self._post("/v2/charges", {"invoice": invoice, "amount": cents, "currency": currency})
        return str(answer["receipt"])

    def _post(self, path: str, body: dict[str, object]) -> dict[str, object]:
        status, answer = send("POST", f"https://{self.host}{path}", body)
        self._check(status, answer)
        return answer

    def _check(self, status: int, answer: dict[str, object]) -> None:
        if status >= 500:
            raise ProviderUnavailable(f"{self.host} answered {status}: {answer['error']}")


def send(method: str, url: str, body: dict[str, object]) -> tuple[int, dict[str, object]]:
    return 503, {"error": "no payments for now"}
