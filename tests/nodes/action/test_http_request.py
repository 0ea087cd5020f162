import json

import pytest

from flowforge_lab.errors import NodeError, NotFoundError
from flowforge_lab.nodes import Registry
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
