"""Who is let in: hosts, origins, tokens, roles, sizes, patience."""

import socket
import time

import httpx
import pytest

from flowforge_lab.access import Gatehouse, may
from flowforge_lab.api import Access, Terms
from flowforge_lab.api.access import is_loopback
from flowforge_lab.api.places import needed_role
from flowforge_lab.clock import SystemClock
from flowforge_lab.errors import NotFoundError, SettingsError
from flowforge_lab.lab import FOLDER

from .conftest import Served, make_folder

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def open_lab(tmp_path_factory):
    """A lab that listens to everybody."""
    with Served(
        make_folder(tmp_path_factory.mktemp("open")),
        host="0.0.0.0",
        allowed_origins="https://good.example",
    ) as lab:
        yield lab


def gate(folder):
    return Gatehouse(folder / FOLDER, SystemClock(), lambda value: value)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.slow
def test_a_foreign_name_does_not_lead_to_this_machine(http):
    answer = http.get("/api/workflows", headers={"Host": "evil.example"})

    assert (answer.status_code, answer.json()["code"]) == (403, "access.origin")


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
    ids=str,
)
def test_a_page_of_another_site_is_not_answered(http, headers):
    assert http.get("/api/workflows", headers=headers).status_code == 403


def test_our_own_page_is_answered(lab, http):
    assert http.get("/api/workflows", headers={"Origin": lab.url}).status_code == 200


@pytest.mark.slow
def test_who_can_be_reached_from_elsewhere_asks_for_a_token(open_lab):
    answer = open_lab.http.get("/api/workflows")

    assert (answer.status_code, answer.json()["code"]) == (401, "access.credentials")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert open_lab.http.get("/health/live").status_code == 200
    assert open_lab.http.get("/api-docs").status_code == 200


@pytest.mark.parametrize("shown", ["x", "fft_", "fft_00_x", "fft_a_b_c", "fft__", "\xff"])
def test_what_is_no_token_opens_nothing(open_lab, shown):
    headers = {"Authorization": f"Bearer {shown}".encode("latin-1")}

    assert open_lab.http.get("/api/workflows", headers=headers).status_code == 401


@pytest.mark.slow
def test_a_token_does_what_its_role_may(open_lab):
    viewer = bearer(open_lab.parts.access.tokens.create("looks", "viewer"))
    operator = bearer(open_lab.parts.access.tokens.create("runs", "operator"))
    begin = {"workflow_id": "hello"}

    def post(path, who, **sent):
        return open_lab.http.post(path, headers=who, **sent)

    assert open_lab.http.get("/api/workflows", headers=viewer).status_code == 200
    assert post("/api/executions", viewer, json=begin).json()["code"] == "access.role"
    assert post("/api/executions", operator, json=begin).status_code == 201
    assert post("/api/workflows", operator, json={}).status_code == 403


def test_a_revoked_or_expired_token_opens_nothing(open_lab):
    tokens = open_lab.parts.access.tokens
    gone, over = tokens.create("gone"), tokens.create("over", days=1e-9)
    before = open_lab.http.get("/api/workflows", headers=bearer(gone)).status_code
    tokens.revoke("gone")

    assert before == 200
    for token in (gone, over):
        assert open_lab.http.get("/api/workflows", headers=bearer(token)).status_code == 401


def test_a_revoked_token_ends_its_streams(open_lab):
    token = open_lab.parts.access.tokens.create("stream")
    admin = bearer(open_lab.parts.access.tokens.create("other"))
    got = []
    url = f"{open_lab.url}/api/workflows/hello/stream"
    with httpx.stream("GET", url, headers=bearer(token), timeout=10, trust_env=False) as stream:
        lines = stream.iter_lines()
        got.append(next(lines))
        open_lab.parts.access.tokens.revoke("stream")
        open_lab.http.post("/api/executions", json={"workflow_id": "hello"}, headers=admin)
        got += list(lines)

    assert not [line for line in got if line.startswith("data:")]


@pytest.mark.parametrize(
    ("host", "public_url", "asks"),
    [
        ("127.0.0.1", "", False),
        ("127.0.0.1", "http://localhost:8750", False),
        ("127.0.0.1", "https://flows.example.org", True),
        ("192.0.2.1", "", True),
    ],
)
def test_tokens_are_asked_for_where_others_reach_the_server(folder, host, public_url, asks):
    access = Access(gate(folder), SystemClock(), Terms(host=host, public_url=public_url))

    assert access.asks_who == asks
    assert access.accepts_host("evil.example") == (host != "127.0.0.1")


def test_an_allowed_page_may_call(open_lab):
    headers = {"Origin": "https://good.example", "Access-Control-Request-Method": "GET"}

    answer = open_lab.http.options("/api/workflows", headers=headers)

    assert answer.headers["access-control-allow-origin"] == "https://good.example"


def test_a_webhook_needs_no_token_of_ours_but_its_test_address_does(open_lab):
    assert open_lab.http.post("/api/webhooks/none").status_code == 404
    assert open_lab.http.post("/api/webhooks-test/none").status_code == 401


def test_a_body_that_is_too_large_is_refused_before_it_is_read(lab):
    with socket.create_connection(lab.listener.getsockname()) as sock:
        sock.sendall(
            b"POST /api/executions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1073741824\r\n\r\n"
        )
        answer = sock.recv(4096)

    assert b" 413 " in answer.split(b"\r\n")[0]


def test_a_body_that_grows_too_large_is_refused(http):
    answer = http.post("/api/executions", content=iter([b"x" * 1_000_000] * 11))

    assert answer.status_code == 413


@pytest.mark.slow
def test_a_head_that_does_not_come_ends_the_connection(lab):
    begun = time.monotonic()
    with socket.create_connection(lab.listener.getsockname()) as sock:
        sock.settimeout(15)
        sock.sendall(b"GET / HTTP/1.1\r\nHost: local")
        try:
            left = sock.recv(100)
        except ConnectionResetError:
            left = b""

    assert left == b""
    assert 9 < time.monotonic() - begun < 15


def test_a_head_without_end_is_cut_off(lab):
    with socket.create_connection(lab.listener.getsockname()) as sock:
        sock.settimeout(5)
        with pytest.raises(OSError):  # noqa: PT011  # reset, or a broken pipe
            for number in range(10_000):
                sock.sendall(
                    b"GET / HTTP/1.1\r\n" if number == 0 else b"X-A: " + b"y" * 1000 + b"\r\n"
                )


def test_tokens_are_kept_as_digests_that_nobody_else_can_read(folder):
    tokens = gate(folder).tokens
    text = tokens.create("ci", "operator")
    file = folder / FOLDER / "tokens.json"

    assert file.stat().st_mode & 0o777 == 0o600
    assert text not in file.read_text()
    assert text.rpartition("_")[2] not in file.read_text()
    assert tokens.find(text).name == "ci"
    file.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        gate(folder).tokens.all()


def test_a_token_that_is_not_there_cannot_be_revoked(folder):
    with pytest.raises(NotFoundError, match="no token"):
        gate(folder).tokens.revoke("ci")


def test_two_processes_that_make_tokens_at_once_keep_both(folder):
    first, second = (gate(folder).tokens for _ in range(2))
    for number in range(10):
        first.create(f"a{number}")
        second.create(f"b{number}")

    assert len(first.all()) == 20


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [
        ("GET", "/api/secrets", "viewer"),
        ("POST", "/api/executions/x/cancel", "operator"),
        ("POST", "/api/projects/default/workflows/w/executions/e/restart", "operator"),
        ("PUT", "/api/workflows/w", "editor"),
        ("POST", "/api/cron/activate/w", "editor"),
        ("POST", "/elsewhere", "admin"),
    ],
)
def test_each_change_takes_a_role(method, path, role):
    assert needed_role(method, path) == role
    assert may("admin", role)
    assert may("viewer", role) == (role == "viewer")


@pytest.mark.parametrize(
    ("host", "is_local"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("x", False),
    ],
)
def test_loopback_is_known(host, is_local):
    assert is_loopback(host) == is_local


@pytest.mark.parametrize(
    ("key", "shown", "is_known"),
    [
        ("of-the-day", "of-the-day", True),
        ("of-the-day", "of-the-day ", False),
        ("of-the-day", "", False),
        ("", "", False),
        ("", "x", False),
        ("of-the-day", "\u00e4", False),
    ],
)
def test_only_the_program_that_started_the_server_speaks_for_its_owner(
    tmp_path, key, shown, is_known
):
    folder = make_folder(tmp_path)
    access = Access(gate(folder), SystemClock(), Terms(host="0.0.0.0", beside_key=key))

    found = access.find({"x-flowforge-beside": shown})

    assert (found is not None) == is_known
    if found is not None:
        assert found.may("admin")
        assert access.renew(found) is found
