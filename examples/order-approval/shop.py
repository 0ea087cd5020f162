"""A small shop: prints the decisions that it is told of, and whether their signature is right.

`python shop.py [PORT]`; the key stands in the environment as SHOP_SIGNING (`whsec_...`).
"""

import base64
import hashlib
import hmac
import os
import sys
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def is_signed(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Return whether one of the signatures in the headers is that of `secret` (standardwebhooks.com)."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    told = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    right = base64.b64encode(hmac.digest(key, told, hashlib.sha256)).decode()
    given = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(one, f"v1,{right}") for one in given)


class Shop(BaseHTTPRequestHandler):
    """Takes what is posted."""

    def do_POST(self) -> None:
        """Print a decision; refuse one that somebody else has written."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        is_ours = is_signed(self.headers, body, os.environ["SHOP_SIGNING"])
        sys.stdout.write(f"{'signed' if is_ours else 'NOT SIGNED'}: {body.decode()}\n")
        sys.stdout.flush()
        self.send_response(204 if is_ours else 401)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # as it is called
        """Say nothing but the decisions."""


if __name__ == "__main__":
    port = int(sys.argv[1]) if sys.argv[1:] else 8766
    ThreadingHTTPServer(("127.0.0.1", port), Shop).serve_forever()
