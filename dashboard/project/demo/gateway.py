"""A payment provider that has stopped answering, so that the console has an incident to show."""

from __future__ import annotations

HOST = "payments.example"
SECONDS = 3.0


class ConnectTimeout(ConnectionError):
    """The provider did not answer in time."""


class Gateway:
    def __init__(self, host: str = HOST) -> None:
        self.host = host

    def charge(self, invoice: int, cents: int, currency: str) -> str:
        """Return the provider's receipt for a charge of ``cents``."""
        answer = self._post("/v2/charges", {"invoice": invoice, "amount": cents, "currency": currency})
        return str(answer["receipt"])

    def _post(self, path: str, body: dict[str, object]) -> dict[str, object]:
        connection = self._connect()
        return connection.send("POST", path, body)

    def _connect(self) -> Connection:
        return Connection(self.host, 443, SECONDS)


class Connection:
    def __init__(self, host: str, port: int, seconds: float) -> None:
        self.address = f"{host}:{port}"
        raise ConnectTimeout(f"{self.address} did not answer within {seconds} s")

    def send(self, method: str, path: str, body: dict[str, object]) -> dict[str, object]:
        return {"receipt": f"{method} {self.address}{path} {len(body)}"}
