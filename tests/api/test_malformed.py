"""What nobody should send: the server says what is wrong, or hangs up, and goes on."""

import random
import socket

import pytest

from .test_webhooks import hook

pytestmark = pytest.mark.slow

KINDS = [
    "application/json",
    "application/json; charset=utf-7",
    "multipart/form-data; boundary=x",
    "multipart/form-data; boundary=",
    'multipart/mixed; boundary="' + "y" * 200 + '"',
    "application/x-www-form-urlencoded",
    "text/plain; charset=punycode",
    "text/plain; charset=utf-16",
    "",
    ";;;",
    "application/json" * 50,
]
PIECES = [
    b"{",
    b"}",
    b"[",
    b'"',
    b"\\u",
    b"d800",
    b"--x",
    b"--x--",
    b"\r\n",
    b"\r\n\r\n",
    b"&=",
    b"%",
    b"%zz",
    b"\x00",
    b"\xff",
    b"1e",
    b"-",
    b"null",
    b"Content-Disposition: form-data; name=a; filename=b",
    b":" * 50,
    b'{"a":' * 300,
]
RAW = [
    b"",
    b"\r\n\r\n",
    b"GET\r\n\r\n",
    b"POST /api/webhooks/echo HTTP/9.9\r\n\r\n",
    b"POST /api/webhooks/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    b"POST /api/webhooks/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    b"POST /api/webhooks/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST /api/webhooks/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /api/webhooks/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc",
    b"POST /api/webhooks/%00%ff/../.. HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"POST * HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
]


def send(lab, text):
    """Send bytes as they are and return what comes back before the end or half a second."""
    with socket.create_connection(lab.listener.getsockname()) as sock:
        sock.settimeout(0.5)
        try:
            sock.sendall(text)
            return sock.recv(65536)
        except OSError:
            return b""


@pytest.mark.parametrize("text", RAW, ids=range(len(RAW)))
@pytest.mark.slow
def test_what_is_not_http_is_not_served(lab, http, text):
    lab.write("echo", hook())

    answer = send(lab, text)

    assert answer == b"" or answer.split()[1][:1] in {b"3", b"4"}, answer
    assert http.get("/health/live").status_code == 200


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_thousand_malformed_calls_leave_the_server_well(lab, http):
    lab.write("echo", hook("idempotency_header: X-Key"))
    chance = random.Random(7)
    seen = set()
    for _ in range(1000):
        body = b"".join(chance.choices(PIECES, k=chance.randint(0, 12)))
        headers = {"Content-Type": chance.choice(KINDS), "X-Key": "k" * chance.choice([0, 5, 300])}
        place = chance.choice(["echo", "echo/", "echo/x", "", "nix", "%2e%2e/echo"])
        answer = http.request(
            chance.choice(["POST", "POST", "POST", "PUT", "TRACE", "BREW"]),
            f"/api/webhooks/{place}",
            content=body,
            headers=headers,
            params=chance.choice([None, {"a": "\x00"}, "%zz=&&&=", "a" * 3000]),
        )
        seen.add(answer.status_code)

    assert max(seen) < 500, seen
    assert {200, 400, 404, 405} <= seen
    assert http.get("/health/ready").status_code == 200
