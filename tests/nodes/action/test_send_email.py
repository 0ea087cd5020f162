"""Mails sent to a real SMTP server, and to something that speaks as Resend does."""

import asyncio
import email
import email.policy
import json

import pytest

from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import NoInputs, Registry
from flowforge_lab.testing import Reply
from flowforge_lab.values import Frame
from tests.nodes.action.mail_servers import Post, make_certificate, serve

pytestmark = pytest.mark.slow  # servers in threads, workers for tables
NODE = Registry().get("action.send_email")
MAIL = {"connection": "mail", "to": ["ada@example.com"], "subject": "Hello", "text": "Hi Ada"}
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def post():
    return Post()


@pytest.fixture
def smtp(run, post, files):
    """Start a server and return what the lab's file says of it."""
    servers = []

    def smtp(*, security="none", login=None, **told):
        used = files if security != "none" else None
        servers.append(run(serve(post, security=security, login=login, files=used)))
        return {
            "kind": "smtp",
            "host": "127.0.0.1",
            "port": servers[-1].sockets[0].getsockname()[1],
            "security": security,
            "from": "Reports <reports@example.com>",
            "ca_file": str(files[0]),
            "timeout": 3,
            **told,
        }

    yield smtp
    for server in servers:
        server.close()
    run(asyncio.sleep(0.02))


@pytest.fixture
def send(run, lab_with):
    def send(told, secret=None, **config):
        attempt = lab_with(secret, mail=told)
        (attempt.folder / "t.html").write_text("<p>{{ who.name }}</p>{{ rows }}")
        (attempt.folder / "t.txt").write_text("Dear {{ who.name }}")
        return run(NODE.run(NODE.config.model_validate({**MAIL, **config}), NoInputs(), attempt))

    return send


@pytest.fixture
def fails(send):
    def fails(*arguments, **config):
        with pytest.raises(NodeError) as caught:
            send(*arguments, **config)
        return caught.value

    return fails


def parsed(envelope):
    return email.message_from_bytes(envelope.content, policy=email.policy.default)


def test_text_and_html_arrive(send, smtp, post):
    got = send(smtp(), html="<b>Hi</b> Ädä", cc=["bob@example.com"], bcc=["eve@example.com"])

    mail = parsed(post.mails[0])
    assert mail["from"] == "Reports <reports@example.com>"
    assert (mail["to"], mail["cc"], mail["bcc"]) == ("ada@example.com", "bob@example.com", None)
    assert mail.get_body(("html",)).get_content().strip() == "<b>Hi</b> Ädä"
    assert got.accepted == ["ada@example.com", "bob@example.com", "eve@example.com"]
    assert mail["message-id"] == got.id


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_encrypted_with_login_and_secret(send, smtp, post, security):
    told = smtp(security=security, login=("me", "pw"), user="me", password="{{ secrets.pw }}")

    send(told, {"pw": "pw"})

    assert len(post.mails) == 1


def test_a_server_that_cannot_encrypt_is_refused(fails, smtp, post):
    error = fails({**smtp(), "security": "starttls"})

    assert (error.type, error.is_transient, post.mails) == ("mail.connect", False, [])


def test_a_certificate_nobody_knows_is_refused(fails, smtp):
    error = fails({**smtp(security="tls"), "ca_file": ""})

    assert (error.type, error.is_transient) == ("mail.connect", False)


def test_a_wrong_login_is_told_without_the_password(fails, smtp):
    error = fails(smtp(security="starttls", login=("me", "pw"), user="me", password="wr0ng"))

    assert (error.type, error.is_transient) == ("mail.auth", False)
    assert "wr0ng" not in str(error)


def test_some_refused_recipients_leave_the_others(send, smtp, post):
    post.refused = {"bob@example.com": "550 nobody here"}

    got = send(smtp(), to=["ada@example.com, bob@example.com"])

    assert (got.accepted, got.refused) == (
        ["ada@example.com"],
        {"bob@example.com": "550 nobody here"},
    )


@pytest.mark.parametrize(
    ("said", "kind", "again"),
    [("550 gone", "mail.refused", False), ("450 later", "mail.failed", True)],
)
def test_all_refused_is_an_error(fails, smtp, post, said, kind, again):
    post.refused = {"ada@example.com": said}

    error = fails(smtp())

    assert (error.type, error.is_transient) == (kind, again)
    assert said in error.detail


@pytest.mark.parametrize(("said", "again"), [("554 spam", False), ("451 busy", True)])
def test_a_refused_mail_is_an_error(fails, smtp, post, said, again):
    post.data_answer = said

    assert fails(smtp()).is_transient is again


@pytest.mark.parametrize(
    "words", [None, b"", b"HTTP/1.1 200 OK\r\n\r\n", b"220 hi\r\n", b"\xff\x00\xff\r\n"]
)
def test_something_else_than_a_mail_server_is_told(run, fails, words):
    writers = []

    async def converse(reader, writer):
        writers.append(writer)
        if words is not None:
            writer.write(words)
            await reader.readline()
            writer.close()

    server = run(asyncio.start_server(converse, "127.0.0.1", 0))
    told = {
        "kind": "smtp",
        "host": "127.0.0.1",
        "port": server.sockets[0].getsockname()[1],
        "security": "none",
    }

    error = fails({**told, "from": "a@example.com", "timeout": 0.5})

    assert error.type in {"mail.connect", "mail.timeout", "mail.refused"}
    for writer in writers:
        writer.transport.abort()
    server.close()
    run(asyncio.sleep(0.02))


def test_a_server_that_is_down_is_told(fails, smtp):
    error = fails({**smtp(), "port": 1})

    assert (error.type, error.is_transient) == ("mail.connect", True)


def test_attachments_come_from_files_steps_and_tables(send, smtp, post, tmp_path):
    import pandas as pd

    (tmp_path / "beside.txt").write_text("beside")
    rows = [{"n": 1, "who": "Ä"}]
    attachments = [
        {"path": "beside.txt"},
        {"content": {"name": "a.bin", "type": "x/y", "content": b"\x00"}},
        {"content": [{"name": "b.csv", "content": b"1"}, {"name": "c.csv", "content": b"2"}]},
        {"content": rows},
        {"name": "t.xlsx", "content": Frame.of(pd.DataFrame(rows))},
        {"name": "note.txt", "content": "text"},
    ]

    send(smtp(), attachments=attachments)

    parts = {part.get_filename(): part for part in parsed(post.mails[0]).iter_attachments()}
    assert list(parts) == [
        "beside.txt",
        "a.bin",
        "b.csv",
        "c.csv",
        "table.csv",
        "t.xlsx",
        "note.txt",
    ]
    assert parts["table.csv"].get_content() == "n,who\n1,Ä\n"
    assert parts["t.xlsx"].get_content()[:2] == b"PK"
    assert parts["a.bin"].get_content_type() == "x/y"


def test_an_inline_image_belongs_to_the_html(send, smtp, post):
    image = {"name": "logo.png", "content": PNG, "inline": True}

    send(smtp(), html='<img src="cid:logo.png">', attachments=[image])

    [part] = [one for one in parsed(post.mails[0]).walk() if one.get_content_type() == "image/png"]
    assert part["content-id"] == "<logo.png>"


def test_templates_are_filled_and_escaped(send, smtp, post):
    values = {"who": {"name": "<script>"}, "rows": [{"a": "<b>", "c": None}]}

    send(smtp(), text="", template={"text": "t.txt", "html": "t.html", "values": values})

    mail = parsed(post.mails[0])
    assert mail.get_body(("plain",)).get_content().strip() == "Dear <script>"
    assert "<p>&lt;script&gt;</p><table>" in mail.get_body(("html",)).get_content()
    assert "<td>&lt;b&gt;</td><td></td>" in mail.get_body(("html",)).get_content()


@pytest.mark.parametrize("values", [{}, {"who": {}}, {"who": "x"}])
def test_a_place_without_a_value_is_told(fails, smtp, values):
    assert fails(smtp(), template={"text": "t.txt", "values": values}).type == "mail.template"


@pytest.mark.parametrize(
    "config",
    [
        {"to": ["ada@example.com\r\nBcc: eve@example.com"]},
        {"to": ["nobody"]},
        {"to": ["@example.com"]},
        {"to": [""]},
        {"to": ["a@b.c"] * 0 + [f"a{n}@example.com" for n in range(101)]},
        {"cc": ["x y z"]},
        {"sender": "Me <me@example.com>\nX-Evil: 1"},
        {"subject": "Hello\r\nBcc: eve@example.com"},
        {"headers": {"X-A": "b\r\nBcc: eve@example.com"}},
        {"headers": {"X-A: b\r\nBcc": "eve@example.com"}},
        {"text": ""},
        {"attachments": [{"name": 'a"\r\nX: y.txt', "content": b"1"}]},
        {"attachments": [{"name": "../../x", "content": b"1"}]},
    ],
)
def test_what_would_change_the_mail_is_refused(fails, smtp, post, config):
    assert fails(smtp(), **config).type == "mail.invalid"
    assert post.mails == []


def test_files_outside_and_too_large_are_not_sent(fails, smtp):
    assert fails(smtp(), attachments=[{"path": "../../etc/passwd"}]).type == "file.outside"
    assert fails(smtp(), attachments=[{"content": b"12345"}], max_bytes=4).type == "mail.too_large"
    assert fails(smtp(), attachments=[{"content": 5}]).type == "file.no_content"


def test_nobody_to_come_from_is_told(fails, smtp):
    assert "from" in fails({**smtp(), "from": ""}).detail


def test_another_kind_of_connection_sends_no_mail(fails):
    assert fails({"kind": "http", "base_url": "http://x"}).type == "connection.kind"


# -- Resend


@pytest.fixture
def resend(server):
    return {
        "kind": "resend",
        "api_key": "{{ secrets.key }}",
        "from": "me@example.com",
        "base_url": server.url(""),
        "allow_private": True,
        "timeout": 1,
    }


KEY = {"key": "re_123"}


def test_resend_gets_the_mail_and_the_key_of_the_step(send, resend, server):
    server.tell("/emails", Reply(body=b'{"id": "m1"}'))

    got = send(resend, KEY, html="<b>x</b>", attachments=[{"name": "a.txt", "content": "x"}])

    asked = server.received[0]
    body = json.loads(asked.body)
    assert (got.id, asked.headers["authorization"]) == ("m1", "Bearer re_123")
    assert asked.headers["idempotency-key"] == "execution-1/node_1/1"
    assert body["attachments"] == [
        {"filename": "a.txt", "content": "eA==", "content_type": "text/plain"}
    ]
    assert (body["from"], body["to"]) == ("me@example.com", ["ada@example.com"])


@pytest.mark.parametrize(
    ("reply", "kind", "again"),
    [
        (Reply(status=401, body=b"{}"), "mail.auth", False),
        (Reply(status=403), "mail.auth", False),
        (Reply(status=404), "mail.refused", False),
        (Reply(status=409), "mail.refused", False),
        (Reply(status=422, body=b'{"message": "bad from"}'), "mail.refused", False),
        (Reply(status=429, headers={"Retry-After": "7"}), "mail.failed", True),
        (Reply(status=500), "mail.failed", True),
        (Reply(status=302, headers={"Location": "http://example.com"}), "mail.refused", False),
        (Reply(body=b"<html>"), "mail.failed", False),
        (Reply(body=b"[]"), "mail.failed", True),
        (Reply(body=b'{"id": "m1"}', cut_at=3), "mail.connect", True),
        (Reply(delay=3), "mail.timeout", True),
    ],
)
def test_a_mail_service_that_is_not_well_is_told(fails, resend, server, reply, kind, again):
    server.tell("/emails", reply)

    error = fails(resend, KEY)

    assert (error.type, error.is_transient) == (kind, again)
    assert "re_123" not in str(error)


def test_the_service_says_when_to_come_again(fails, resend, server):
    server.tell("/emails", Reply(status=429, headers={"Retry-After": "7"}))

    assert fails(resend, KEY).retry_after == 7


# -- trying the connections


def test_mail_connections_can_be_tried(run, lab_with, smtp, resend, server):
    server.tell("/domains", Reply(body=b"{}"))
    told = smtp(security="starttls", login=("me", "pw"), user="me", password="pw")
    attempt = lab_with(KEY, good=told, bad={**told, "password": "x"}, resend=resend)
    tried = {
        name: run(attempt.clients.connections.test(name)) for name in ("good", "bad", "resend")
    }

    assert {name: one.is_ok for name, one in tried.items()} == {
        "good": True,
        "bad": False,
        "resend": True,
    }
