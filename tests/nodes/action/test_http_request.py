import json

import pytest

from flowforge_lab.clients import HttpClient, HttpPolicy, HttpRequest
from flowforge_lab.errors import NodeError, NotFoundError
from flowforge_lab.nodes import NoInputs, Registry
from flowforge_lab.testing import Reply

JSON = {"Content-Type": "application/json"}


def test_gives_status_and_body(visit, server):
    server.tell("/a", Reply(status=201, body=b'{"id": 7}', headers=JSON))

    got = visit("action.http_request", {"url": server.url("/a"), "allow_private": True})

    assert (got.status, got.body, got.pages) == (201, {"id": 7}, 1)


def test_own_network_is_closed_unless_allowed(visit, server):
    with pytest.raises(NodeError) as caught:
        visit("action.http_request", {"url": server.url("/a")})

    assert caught.value.type == "http.blocked"


def test_writing_carries_the_idempotency_key(visit, server, attempt):
    server.tell("/a", Reply())
    config = {"url": server.url("/a"), "method": "POST", "allow_private": True}

    visit("action.http_request", {**config, "body": {"type": "json", "value": {"a": 1}}})

    assert server.received[0].headers["idempotency-key"] == attempt.idempotency_key
    assert json.loads(server.received[0].body) == {"a": 1}


@pytest.mark.parametrize(("method", "effects"), [("GET", "reads"), ("POST", "writes")])
def test_only_reading_methods_count_as_reading(method, effects):
    assert Registry().get("action.http_request").effects_with({"method": method}) == effects


def test_secrets_reach_the_service_and_nothing_else(visit, server, attempt):
    server.tell("/a", Reply(status=500, body=b"no"))
    auth = {"type": "header", "name": "X-Key", "value": "s3cret"}

    with pytest.raises(NodeError) as caught:
        visit(
            "action.http_request", {"url": server.url("/a"), "auth": auth, "allow_private": True}
        )

    assert server.received[0].headers["x-key"] == "s3cret"
    assert "s3cret" not in f"{caught.value} {attempt.lines}"


def test_puts_the_lists_of_all_pages_together(visit, server):
    server.tell(
        "/a",
        *(
            Reply(body=body, headers=JSON)
            for body in (b'{"d": [1, 2]}', b'{"d": [3]}', b'{"d": []}')
        ),
    )
    paging = {"type": "number", "items": "d"}

    got = visit(
        "action.http_request", {"url": server.url("/a"), "paging": paging, "allow_private": True}
    )

    assert (got.body, got.pages) == ([1, 2, 3], 3)


def test_sends_a_file_of_the_workflow(visit, server, attempt):
    server.tell("/a", Reply())
    (attempt.folder / "x.csv").write_text("1,2")
    body = {"type": "multipart", "files": [{"path": "x.csv"}]}
    config = {"url": server.url("/a"), "method": "POST", "allow_private": True}

    visit("action.http_request", {**config, "body": body})

    assert b'filename="x.csv"' in server.received[0].body


def test_a_file_outside_of_the_workflow_is_not_sent(visit, server):
    body = {"type": "multipart", "files": [{"path": "../../etc/passwd"}]}

    with pytest.raises(NodeError, match="leads out"):
        visit("action.http_request", {"url": server.url("/a"), "method": "POST", "body": body})


def test_an_unknown_connection_is_named(visit):
    with pytest.raises(NotFoundError, match="no connection 'crm'"):
        visit("action.http_request", {"connection": "crm", "url": "/a"})


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"a,b\n1,x\n2,y\n", "text/csv"),
        (b'[{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]', "application/json"),
    ],
)
@pytest.mark.slow
def test_reads_a_table(visit, server, body, kind):
    server.tell("/a", Reply(body=body, headers={"Content-Type": kind}))

    got = visit(
        "action.http_request",
        {"url": server.url("/a"), "response": "frame", "allow_private": True},
    )

    assert got.frame.to_pandas().to_dict("list") == {"a": [1, 2], "b": ["x", "y"]}


@pytest.mark.slow
def test_an_answer_that_is_no_table_is_told(visit, server):
    server.tell("/a", Reply(body=b'{"a": 1}', headers=JSON))

    with pytest.raises(NodeError) as caught:
        visit(
            "action.http_request",
            {"url": server.url("/a"), "response": "frame", "allow_private": True},
        )

    assert caught.value.type == "http.decode"


# -- files, what has changed, proxies


@pytest.fixture
def ask(visit, server):
    def ask(path="/a", **config):
        return visit(
            "action.http_request", {"url": server.url(path), "allow_private": True, **config}
        )

    return ask


@pytest.mark.parametrize(
    ("path", "headers", "name"),
    [
        ("/files/report%20one.csv", {}, "report one.csv"),
        ("/a", {"Content-Disposition": 'attachment; filename="b.csv"'}, "b.csv"),
        ("/a", {"Content-Disposition": "attachment; filename*=UTF-8''%C3%A4.csv"}, "ä.csv"),
        ("/a", {"Content-Disposition": 'attachment; filename="../../etc/passwd"'}, "passwd"),
        ("/a", {"Content-Disposition": 'attachment; filename="..\\..\\x.exe"'}, "x.exe"),
        ("/", {}, "download"),
    ],
)
def test_a_file_comes_down_with_its_name(ask, server, path, headers, name):
    server.tell(path, Reply(body=b"1,2", headers={"Content-Type": "text/csv", **headers}))

    got = ask(path, response="file")

    assert (got.file.name, got.file.type, got.file.content) == (name, "text/csv", b"1,2")


def test_an_answer_is_saved_in_the_folder_and_nowhere_else(ask, server, attempt):
    server.tell("/a", Reply(body=b"1,2"))

    ask(save_as="data/a.csv")

    assert (attempt.folder / "data" / "a.csv").read_bytes() == b"1,2"
    with pytest.raises(NodeError, match="leads out"):
        ask(save_as="../a.csv")


def test_a_file_of_an_earlier_step_goes_up(ask, server):
    server.tell("/a", Reply())
    given = {"name": "r.csv", "type": "text/csv", "content": b"\x00\x01"}

    ask(method="POST", body={"type": "multipart", "files": [{"content": given}]})

    assert b'filename="r.csv"\r\nContent-Type: text/csv\r\n\r\n\x00\x01' in server.received[0].body


def test_asks_only_for_what_has_changed(ask, server):
    server.tell(
        "/a",
        Reply(
            body=b"one", headers={"ETag": '"1"', "Last-Modified": "Tue, 01 Jan 2030 00:00:00 GMT"}
        ),
        Reply(status=304),
        Reply(body=b"two", headers={"ETag": '"2"'}),
        Reply(status=304),
    )

    got = [ask(only_changed=True) for _ in range(4)]

    assert [one.is_unchanged for one in got] == [False, True, False, True]
    assert [one.headers.get("if-none-match") for one in server.received] == [
        None,
        '"1"',
        '"1"',
        '"2"',
    ]
    assert server.received[1].headers["if-modified-since"] == "Tue, 01 Jan 2030 00:00:00 GMT"


def test_another_question_has_not_been_asked_before(ask, server):
    server.tell("/a", Reply(body=b"one", headers={"ETag": '"1"'}))
    ask(only_changed=True)

    ask(only_changed=True, query={"page": 2})

    assert "if-none-match" not in server.received[1].headers


def test_an_unasked_304_is_an_error(ask, server):
    server.tell("/a", Reply(status=304))

    with pytest.raises(NodeError):
        ask()


@pytest.fixture
def by_proxy(run, lab_with, server):
    """Ask by way of a connection whose proxy is the local server."""

    def by_proxy(url, **told):
        base = {
            "kind": "http",
            "base_url": url,
            "proxy": server.url("").replace("//", "//me:{{ secrets.pw }}@"),
        }
        attempt = lab_with({"pw": "pw"}, api={**base, **told})
        node = Registry().get("action.http_request")
        config = node.config.model_validate({"connection": "api", "url": "/x"})
        return run(node.run(config, NoInputs(), attempt))

    return by_proxy


def test_a_proxy_is_asked_with_its_login(by_proxy, server):
    server.tell("/x", Reply(body=b"by proxy"))

    got = by_proxy("http://127.0.0.1:9", allow_private=True)

    assert got.status == 200
    assert server.received[0].headers["proxy-authorization"] == "Basic bWU6cHc="
    assert server.received[0].headers["host"] == "127.0.0.1:9"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1", "http://localhost", "http://169.254.169.254", "http://[::1]"]
)
def test_a_proxy_is_not_asked_for_the_own_network(by_proxy, server, url):
    with pytest.raises(NodeError) as caught:
        by_proxy(url)

    assert (caught.value.type, server.received) == ("http.blocked", [])


def test_a_name_without_an_address_is_told_before_the_proxy_is_asked(by_proxy, server):
    with pytest.raises(NodeError) as caught:
        by_proxy("http://nowhere.invalid")

    assert (caught.value.type, server.received) == ("http.connect", [])


def test_a_redirect_into_the_own_network_is_not_followed(run, server):
    client = HttpClient(HttpPolicy(private_hosts=("localhost",)))
    server.tell("/a", Reply(status=302, headers={"Location": server.url("/b")}))

    with pytest.raises(NodeError) as caught:
        run(client.send(HttpRequest(url=server.url("/a", host="localhost"))))

    assert caught.value.type == "http.blocked"
    assert [one.path for one in server.received] == ["/a"]
    run(client.close())
