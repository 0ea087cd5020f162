"""Signatures as the well-known senders make them, and times as people write them."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from flowforge_lab.nodes import HmacAuth
from flowforge_lab.triggers import Call, CallError
from flowforge_lab.triggers.callers import check_body

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BODY = b'{"a":1}'


def signed(auth, message, *, headers=()):
    made = hmac.new(b"key", message, auth.algorithm)
    text = made.hexdigest() if auth.encoding == "hex" else base64.b64encode(made.digest()).decode()
    sent = [(auth.header.encode(), (auth.prefix + text).encode()), *headers]
    return Call("POST", "", headers=sent, body=BODY)


def test_github_signs_the_body():
    auth = HmacAuth(type="hmac", secret="key", header="X-Hub-Signature-256", signs="{body}")

    assert check_body(auth, signed(auth, BODY), NOW) == ""


def test_slack_signs_version_time_and_body():
    auth = HmacAuth(
        type="hmac",
        secret="key",
        header="X-Slack-Signature",
        prefix="v0=",
        signs="v0:{timestamp}:{body}",
        timestamp_header="X-Slack-Request-Timestamp",
    )
    stamp = str(int(NOW.timestamp())).encode()
    call = signed(
        auth, b"v0:" + stamp + b":" + BODY, headers=[(b"X-Slack-Request-Timestamp", stamp)]
    )

    assert check_body(auth, call, NOW).startswith("v0=")


def test_shopify_signs_the_body_in_base64():
    auth = HmacAuth(
        type="hmac",
        secret="key",
        header="X-Shopify-Hmac-Sha256",
        prefix="",
        encoding="base64",
        signs="{body}",
    )

    assert check_body(auth, signed(auth, BODY), NOW) == ""


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512"])
def test_each_hash_is_checked(algorithm):
    auth = HmacAuth(type="hmac", secret="key", prefix="", algorithm=algorithm, signs="{body}")
    forged = Call("POST", "", headers=[(b"x-signature-256", b"00")], body=BODY)

    check_body(auth, signed(auth, BODY), NOW)
    with pytest.raises(CallError):
        check_body(auth, forged, NOW)


STAMPS = [
    (str(int(NOW.timestamp())), True),
    (str(int(NOW.timestamp() * 1000)), True),
    (NOW.isoformat(), True),
    ("2026-03-01T12:04:59", True),
    (str(int((NOW - timedelta(seconds=299)).timestamp())), True),
    (str(int((NOW - timedelta(seconds=301)).timestamp())), False),
    ("2026-03-01T12:06:00Z", False),
    ("", False),
    ("soon", False),
    ("9" * 40, False),
    ("-1", False),
    ("٣", False),
]


@pytest.mark.parametrize(("stamp", "is_good"), STAMPS)
def test_a_time_stamp_is_near_or_refused(stamp, is_good):
    auth = HmacAuth(type="hmac", secret="key")
    headers = [(b"X-Timestamp", stamp.encode("utf-8"))]
    as_read = stamp.encode("utf-8").decode("latin-1")
    call = signed(auth, f"{as_read}.".encode() + BODY, headers=headers)

    if is_good:
        assert check_body(auth, call, NOW)
    else:
        with pytest.raises(CallError):
            check_body(auth, call, NOW)


@pytest.mark.parametrize(
    "given", ["sha256=", "sha256=zz", "sha256=" + "0" * 63, "md5=00", "\xff", "sha256=é"]
)
def test_what_is_no_signature_is_refused(given):
    auth = HmacAuth(type="hmac", secret="key", signs="{body}")
    call = Call("POST", "", headers=[(b"X-Signature-256", given.encode("latin-1"))], body=BODY)

    with pytest.raises(CallError):
        check_body(auth, call, NOW)
    assert hashlib.sha256
