"""Signatures of webhooks as standardwebhooks.com describes them: made here, and judged where they arrive."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

from flowforge_lab.errors import NodeError

_PREFIX = "whsec_"
TOLERANCE_SECONDS = 300.0


def webhook_headers(
    message_id: str, at: datetime, body: bytes, *, secrets: Sequence[str]
) -> dict[str, str]:
    """Return the headers of a webhook; with several secrets, as while one is changed, a signature for each.

    Raises:
        NodeError: a secret is none (`webhook.secret`).
    """
    stamp = str(int(at.timestamp()))
    signatures = [_signed(secret, message_id, stamp, body=body) for secret in secrets]
    found = {"webhook-id": message_id, "webhook-timestamp": stamp}
    return {**found, "webhook-signature": " ".join(signatures)} if signatures else found


def is_signed(
    headers: Mapping[str, str], body: bytes, *, secrets: Sequence[str], now: datetime
) -> bool:
    """Return whether a webhook, header names in lower case, was signed with one of the secrets just now."""
    stamp = headers.get("webhook-timestamp", "")
    if not stamp.isascii() or not stamp.isdigit():
        return False
    if abs(now.timestamp() - int(stamp[:15])) > TOLERANCE_SECONDS:
        return False
    given = headers.get("webhook-signature", "").split()
    wanted = [
        _signed(secret, headers.get("webhook-id", ""), stamp, body=body) for secret in secrets
    ]
    return any(hmac.compare_digest(one, other) for one in given for other in wanted)


def _signed(secret: str, message_id: str, stamp: str, *, body: bytes) -> str:
    text = f"{message_id}.{stamp}.".encode() + body
    found = hmac.new(_key(secret), text, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(found).decode()}"


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if key:
        return key
    msg = "the secret cannot sign"
    raise NodeError(
        msg,
        type="webhook.secret",
        detail=f"expected {_PREFIX} and the key in base64",
        is_transient=False,
    )
