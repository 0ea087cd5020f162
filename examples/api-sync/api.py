"""An API of orders to try the sync with: pages, a filter by time, a token.

`python api.py [PORT]`. `GET /orders?updated_since=...&cursor=...&limit=...` lists what has changed, oldest
first; `PUT /orders/7` with JSON adds or changes one.
"""

import json
import sys
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "try-it"  # noqa: S105  # the token of a server for trying out
Orders = dict[int, dict[str, Any]]


def read_orders(path: Path) -> Orders:
    """Return the orders in a file of JSON lines, by number."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {order["id"]: order for order in map(json.loads, lines)}


def page_of(orders: Orders, since: str, *, start: int, limit: int) -> dict[str, Any]:
    """Return a page of what has changed since then, and where the next one begins, or null."""
    changed = [order for order in orders.values() if order["updated_at"] >= since]
    changed.sort(key=lambda order: (order["updated_at"], order["id"]))
    end = start + limit
    return {"orders": changed[start:end], "next": str(end) if end < len(changed) else None}


class Api(BaseHTTPRequestHandler):
    """Answers for the orders of its server."""

    def do_GET(self) -> None:
        """List orders."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        if self._is_known():
            page = page_of(
                self.server.orders,
                query.get("updated_since", ""),
                start=int(query.get("cursor", 0)),
                limit=int(query.get("limit", 50)),
            )
            self._answer(200, page)

    def do_PUT(self) -> None:
        """Add or change an order."""
        if self._is_known():
            number = int(self.path.rpartition("/")[2])
            given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")  # noqa: TID251  # a server by itself
            order = self.server.orders.get(number, {"id": number}) | given
            self.server.orders[number] = {**order, "updated_at": stamp}
            self._answer(200, self.server.orders[number])

    def _is_known(self) -> bool:
        is_known = self.headers.get("Authorization") == f"Bearer {TOKEN}"
        if not is_known:
            self._answer(401, {"error": "who are you?"})
        return is_known

    def _answer(self, status: int, told: dict[str, Any]) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # as it is called
        """Say nothing."""


class ApiServer(ThreadingHTTPServer):
    """The API on a port of this machine."""

    def __init__(self, port: int, orders: Orders) -> None:
        super().__init__(("127.0.0.1", port), Api)
        self.orders = orders


if __name__ == "__main__":
    chosen = int(sys.argv[1]) if sys.argv[1:] else 8767
    ApiServer(chosen, read_orders(Path(__file__).with_name("orders.jsonl"))).serve_forever()
