"""Whom the HTTP client may ask, how often, as whom, and for how many pages."""

import pytest
from pydantic import SecretStr

from flowforge_lab.clients import (
    ClientCredentials,
    CursorPaging,
    HttpClient,
    HttpPolicy,
    HttpRequest,
    LinkPaging,
    NumberPaging,
)
from flowforge_lab.errors import NodeError
from flowforge_lab.testing import Reply
from tests.clients.http_requests import failure


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://0.0.0.0/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://100.64.0.1/",
        "http://[fe80::1]/",
        "http://224.0.0.1/",
    ],
)
def test_private_addresses_are_refused_in_every_disguise(run, guarded, url):
    error = failure(run, guarded, HttpRequest(url=url, timeout=5.0))

    assert (error.type, error.is_transient) == ("http.blocked", False)


def test_a_request_may_ask_for_private_addresses(run, guarded, server):
    server.tell("/a", Reply())

    answer = run(guarded.send(HttpRequest(url=server.url("/a"), allow_private=True)))

    assert answer.status == 200


def test_a_guarded_request_does_not_ride_on_an_open_connection(run, guarded, server):
    server.tell("/a", Reply())
    run(guarded.send(HttpRequest(url=server.url("/a"), allow_private=True)))

    assert failure(run, guarded, HttpRequest(url=server.url("/a"))).type == "http.blocked"


def test_a_lab_may_forbid_private_addresses_for_good(run, server):
    http = HttpClient(HttpPolicy(private_addresses="never"))

    error = failure(run, http, HttpRequest(url=server.url("/a"), allow_private=True))

    assert error.type == "http.blocked"
    run(http.close())


def test_a_private_host_may_be_open_by_name(run, server):
    http = HttpClient(HttpPolicy(private_hosts=("localhost",)))
    server.tell("/a", Reply(status=302, headers={"Location": server.url("/b")}))

    error = failure(run, http, HttpRequest(url=server.url("/a", host="localhost")))

    assert error.type == "http.blocked"
    assert [request.path for request in server.received] == ["/a"]
    run(http.close())


def test_a_host_that_keeps_failing_is_left_alone(run, http, server):
    server.tell("/a", Reply(status=500))
    for _ in range(3):
        failure(run, http, HttpRequest(url=server.url("/a")))

    error = failure(run, http, HttpRequest(url=server.url("/a")))

    assert error.type == "http.circuit_open"
    assert error.detail == "3 requests in a row have failed, the last one with: status 500"
    assert 0 < error.retry_after <= 30
    assert len(server.received) == 3


@pytest.mark.slow
def test_a_host_that_was_left_alone_is_tried_again(run, server):
    http = HttpClient(
        HttpPolicy(private_addresses="always", breaker_failures=1, breaker_seconds=0.05)
    )
    server.tell("/a", Reply(status=500, delay=0.06), Reply(delay=0.06), Reply())
    failure(run, http, HttpRequest(url=server.url("/a")))
    failure(run, http, HttpRequest(url=server.url("/a")))
    run(_pause(0.06))

    assert run(http.send(HttpRequest(url=server.url("/a")))).status == 200
    assert run(http.send(HttpRequest(url=server.url("/a")))).status == 200
    run(http.close())


async def _pause(seconds):
    from flowforge_lab.clock import SystemClock

    await SystemClock().sleep(seconds)


def test_requests_to_a_host_are_spaced(run, http, server):
    import time

    server.tell("/a", Reply())
    started = time.perf_counter()
    for _ in range(4):
        run(http.send(HttpRequest(url=server.url("/a"), max_per_second=20.0)))

    assert 0.15 <= time.perf_counter() - started < 5.0


def credentials(server):
    return ClientCredentials(server.url("/token"), "id", SecretStr("s"))


def test_a_token_is_asked_for_once_and_kept(run, http, server):
    token = b'{"access_token": "t1", "token_type": "bearer", "expires_in": 3600}'
    server.tell("/token", Reply(body=token))
    server.tell("/a", Reply())

    for _ in range(2):
        run(http.send(HttpRequest(url=server.url("/a"), auth=credentials(server))))

    assert [request.path for request in server.received] == ["/token", "/a", "/a"]
    assert server.received[2].headers["authorization"] == "Bearer t1"


def test_a_token_that_is_refused_is_renewed_once(run, http, server):
    server.tell(
        "/token", *(Reply(body=b'{"access_token": "%s"}' % name) for name in (b"old", b"new"))
    )
    server.tell("/a", Reply(), Reply(status=401), Reply())

    for _ in range(2):
        run(http.send(HttpRequest(url=server.url("/a"), auth=credentials(server))))

    assert server.received[-1].headers["authorization"] == "Bearer new"


def test_an_answer_without_a_token_is_told(run, http, server):
    server.tell("/token", Reply(body=b'{"error": "no"}'))

    error = failure(run, http, HttpRequest(url=server.url("/a"), auth=credentials(server)))

    assert error.type == "http.decode"


def test_follows_next_links_of_the_header(run, http, server):
    server.tell("/a", Reply(body=b"[1]", headers={"Link": '</b>; rel="prev", </b>; rel="next"'}))
    server.tell("/b", Reply(body=b"[2]"))

    pages = run(http.send_all(HttpRequest(url=server.url("/a")), LinkPaging()))

    assert [page.content for page in pages] == [b"[1]", b"[2]"]


def test_a_next_link_to_another_host_is_refused(run, http, server):
    server.tell("/a", Reply(body=b'{"next": "http://elsewhere.invalid/"}'))

    with pytest.raises(NodeError, match="another host"):
        run(http.send_all(HttpRequest(url=server.url("/a")), LinkPaging("next")))


def test_counts_pages_until_one_is_empty(run, http, server):
    server.tell("/a", *(Reply(body=body) for body in (b'{"d": [1]}', b'{"d": [2]}', b'{"d": []}')))

    pages = run(http.send_all(HttpRequest(url=server.url("/a")), NumberPaging(items="d")))

    assert [request.query["page"] for request in server.received] == ["1", "2", "3"]
    assert len(pages) == 3


def test_follows_cursors_and_stops_where_one_leads_to_itself(run, http, server):
    server.tell("/a", Reply(body=b'{"c": "x"}'))

    pages = run(http.send_all(HttpRequest(url=server.url("/a")), CursorPaging("c")))

    assert len(pages) == 2


def test_stops_at_the_most_pages(run, http, server):
    server.tell("/a", Reply(body=b"[1]"))

    pages = run(http.send_all(HttpRequest(url=server.url("/a")), NumberPaging(max_pages=4)))

    assert len(pages) == 4


def test_errors_show_no_secrets_of_the_address(run, http):
    error = failure(run, http, HttpRequest(url="http://user:secret@127.0.0.1:1/x?token=hidden"))

    assert "secret" not in str(error)
    assert "hidden" not in str(error)


def test_a_token_inside_the_own_network_needs_leave(run, server):
    guarded = HttpClient(HttpPolicy(private_addresses="by_request"))

    with pytest.raises(NodeError, match="private address") as caught:
        run(guarded.send(HttpRequest(url="https://example.com/", auth=credentials(server))))

    assert caught.value.type == "http.blocked"
    assert server.received == []
    run(guarded.close())
