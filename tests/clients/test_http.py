import gzip
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from flowforge_lab.clients import (
    BasicAuth,
    BearerAuth,
    FilePart,
    FormBody,
    HttpRequest,
    JsonBody,
    MultipartBody,
)
from flowforge_lab.errors import NodeError
from flowforge_lab.testing import Reply
from tests.clients.http_requests import failure


def test_reads_what_the_other_side_says_is_json(run, http, server):
    headers = {"Content-Type": "application/json; charset=utf-8"}
    server.tell("/a", Reply(body=b'{"x": [1, null]}', headers=headers))

    answer = run(http.send(HttpRequest(url=server.url("/a"))))

    assert answer.value() == {"x": [1, None]}


def test_an_empty_answer_is_nothing(run, http, server):
    server.tell("/a", Reply(status=204))

    assert run(http.send(HttpRequest(url=server.url("/a")))).value() is None


def test_adds_query_parameters_to_those_in_the_address(run, http, server):
    server.tell("/a", Reply())
    query = {"b": 2, "c": True, "d": None}

    run(http.send(HttpRequest(url=server.url("/a?a=1"), query=query)))

    assert server.received[0].query == {"a": "1", "b": "2", "c": "true"}


def test_sends_json_with_dates(run, http, server):
    server.tell("/a", Reply())
    body = JsonBody({"at": datetime(2030, 1, 1, tzinfo=UTC)})

    run(http.send(HttpRequest(url=server.url("/a"), method="POST", body=body)))

    assert server.received[0].body == b'{"at":"2030-01-01T00:00:00Z"}'
    assert server.received[0].headers["content-type"] == "application/json"


def test_sends_forms(run, http, server):
    server.tell("/a", Reply())
    body = FormBody({"a": "ä", "b": [1, 2]})

    run(http.send(HttpRequest(url=server.url("/a"), method="POST", body=body)))

    assert server.received[0].body == b"a=%C3%A4&b=1&b=2"


def test_sends_files_beside_fields(run, http, server):
    server.tell("/a", Reply())
    body = MultipartBody({"a": 1}, (FilePart("file", "x.csv", b"1,2", "text/csv"),))

    run(http.send(HttpRequest(url=server.url("/a"), method="POST", body=body)))

    assert b'name="file"; filename="x.csv"' in server.received[0].body
    assert b'name="a"' in server.received[0].body


def test_a_body_that_is_no_json_is_told_before_anything_is_sent(run, http, server):
    request = HttpRequest(url=server.url("/a"), method="POST", body=JsonBody({"x": object()}))

    assert failure(run, http, request).type == "http.invalid"
    assert server.received == []


@pytest.mark.parametrize(
    "url", ["", "no address", "ftp://x/y", "http://", "http://a b/", "http://x:999999/"]
)
def test_an_address_that_is_none_is_told(run, http, url):
    error = failure(run, http, HttpRequest(url=url))

    assert error.type in {"http.invalid", "http.connect"}


@pytest.mark.parametrize(
    ("status", "again"), [(500, True), (503, True), (429, True), (404, False)]
)
def test_a_status_fails_and_says_whether_to_try_again(run, http, server, status, again):
    server.tell(
        "/a", Reply(status=status, body=b"because", headers={"Content-Type": "text/plain"})
    )

    error = failure(run, http, HttpRequest(url=server.url("/a")))

    assert (error.type, error.status, error.is_transient) == ("http.status", status, again)
    assert "because" in error.detail


def test_retry_after_is_given_on_in_seconds(run, http, server):
    server.tell("/a", Reply(status=429, headers={"Retry-After": "7"}))

    assert failure(run, http, HttpRequest(url=server.url("/a"))).retry_after == 7.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Fri, 01 Jan 2100 00:00:00 GMT", 86_400.0),
        ("Fri, 01 Jan 1999 00:00:00 GMT", 0.0),
        ("soon", None),
        ("99999999999999999999", 86_400.0),
        ("", None),
    ],
)
def test_retry_after_may_be_a_date_or_nonsense(run, http, server, text, seconds):
    server.tell("/a", Reply(status=503, headers={"Retry-After": text}))

    assert failure(run, http, HttpRequest(url=server.url("/a"))).retry_after == seconds


def test_a_status_that_is_accepted_is_no_error(run, http, server):
    server.tell("/a", Reply(status=404))

    answer = run(http.send(HttpRequest(url=server.url("/a"), accept=("2xx", "400-404"))))

    assert answer.status == 404


def test_a_slow_answer_times_out(run, http, server):
    server.tell("/a", Reply(delay=5.0))

    error = failure(run, http, HttpRequest(url=server.url("/a"), timeout=0.1))

    assert (error.type, error.is_transient) == ("http.timeout", True)


@pytest.mark.slow
def test_an_answer_may_take_all_the_time_that_its_request_gives_it(run, http, server):
    server.tell("/a", Reply(delay=5.6))

    assert run(http.send(HttpRequest(url=server.url("/a"), timeout=20.0))).status == 200


def test_nobody_listening_is_a_connection_error(run, http):
    error = failure(run, http, HttpRequest(url="http://127.0.0.1:1/"))

    assert (error.type, error.is_transient) == ("http.connect", True)


def test_a_name_without_an_address_is_a_connection_error(run, guarded):
    error = failure(run, guarded, HttpRequest(url="http://nowhere.invalid/"))

    assert error.type == "http.connect"


def test_an_answer_that_is_cut_off_is_a_connection_error(run, http, server):
    server.tell("/a", Reply(body=b"x" * 1000, cut_at=10))

    assert failure(run, http, HttpRequest(url=server.url("/a"))).type == "http.connect"


def test_an_answer_over_the_limit_is_not_read(run, http, server):
    server.tell("/a", Reply(body=b"x" * 1_000_000))

    error = failure(run, http, HttpRequest(url=server.url("/a"), max_response_bytes=1000))

    assert (error.type, error.is_transient) == ("http.too_large", False)


def test_an_answer_without_a_length_is_counted(run, http, server):
    server.tell("/a", Reply(body=b"x" * 10_000, repeat=10_000))

    error = failure(run, http, HttpRequest(url=server.url("/a"), max_response_bytes=50_000))

    assert error.type == "http.too_large"


def test_an_answer_that_unpacks_to_more_than_the_limit_is_refused(run, http, server):
    bomb = gzip.compress(b"\0" * 5_000_000)
    server.tell("/a", Reply(body=bomb, headers={"Content-Encoding": "gzip"}))

    error = failure(run, http, HttpRequest(url=server.url("/a"), max_response_bytes=100_000))

    assert error.type == "http.too_large"


def test_an_answer_that_is_packed_wrongly_cannot_be_read(run, http, server):
    server.tell("/a", Reply(body=b"not gzip", headers={"Content-Encoding": "gzip"}))

    assert failure(run, http, HttpRequest(url=server.url("/a"))).type == "http.decode"


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000, b"\xff\xfe"])
def test_json_that_is_none_is_told(run, http, server, body):
    server.tell("/a", Reply(body=body, headers={"Content-Type": "application/json"}))
    answer = run(http.send(HttpRequest(url=server.url("/a"))))

    with pytest.raises(NodeError) as caught:
        answer.json()

    assert caught.value.type == "http.decode"


def test_keeps_no_cookies(run, http, server):
    server.tell("/a", Reply(headers={"Set-Cookie": "a=b"}))

    run(http.send(HttpRequest(url=server.url("/a"))))
    run(http.send(HttpRequest(url=server.url("/a"))))

    assert "cookie" not in server.received[1].headers


def test_follows_a_redirect_and_keeps_credentials_at_home(run, http, server):
    server.tell("/a", Reply(status=302, headers={"Location": "/b"}))
    server.tell("/b", Reply(body=b"here"))
    auth = BearerAuth(SecretStr("t"))

    answer = run(http.send(HttpRequest(url=server.url("/a"), auth=auth)))

    assert answer.url == server.url("/b")
    assert server.received[1].headers["authorization"] == "Bearer t"


def test_credentials_do_not_follow_to_another_host(run, http, server):
    away = server.url("/b", host="localhost")
    server.tell("/a", Reply(status=307, headers={"Location": away}))
    server.tell("/b", Reply())
    headers = {"X-Api-Key": "k", "Cookie": "c=1", "Accept": "text/html"}
    auth = BasicAuth("u", SecretStr("p"))

    run(http.send(HttpRequest(url=server.url("/a"), headers=headers, auth=auth)))

    arrived = server.received[1].headers
    assert arrived["accept"] == "text/html"
    assert not {"authorization", "x-api-key", "cookie"} & set(arrived)


def test_a_ring_of_redirects_ends(run, http, server):
    server.tell("/a", Reply(status=302, headers={"Location": "/a"}))

    error = failure(run, http, HttpRequest(url=server.url("/a"), max_redirects=3))

    assert error.type == "http.blocked"
    assert len(server.received) == 4


def test_a_redirect_that_is_not_followed_is_a_status(run, http, server):
    server.tell("/a", Reply(status=302, headers={"Location": "/b"}))

    error = failure(run, http, HttpRequest(url=server.url("/a"), max_redirects=0))

    assert error.status == 302


def test_a_secret_that_no_header_can_have_is_named_by_its_header_alone(run, http, server):
    request = HttpRequest(url=server.url("/a"), auth=BearerAuth(token=SecretStr("pässwörd")))

    error = failure(run, http, request)

    assert error.type == "http.invalid"
    assert "'Authorization'" in error.detail
    assert not any(letter in str(error) for letter in "äö")
