"""The Bot API: pace, refusals, files, tokens that show nowhere; and its markup."""

import asyncio
import logging
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Message, MessageEntity
from telegram.helpers import escape_markdown as their_escape

from flowforge_lab.clients import (
    Clients,
    MarkupError,
    Upload,
    parse_html,
    parse_markdown,
    split,
    units,
)
from flowforge_lab.errors import FlowForgeError, NodeError
from flowforge_lab.testing import LocalServer, Reply, TelegramServer

pytestmark = pytest.mark.slow

TOKEN = "1000:local"


@pytest.fixture
def server():
    with TelegramServer() as server:
        server.add_bot(TOKEN, username="shop_bot")
        yield server


@pytest.fixture
def anna(server):
    anna = server.person("Anna")
    anna.starts()
    return anna


def asked(server_url, *calls, **facts):
    """Make calls one after another on one client, and return their results."""
    shop = {"kind": "telegram", "token": TOKEN, "base_url": server_url, **facts}

    async def all_of_them():
        clients = Clients(connections={"shop": shop})
        try:
            return [await clients.telegram.call("shop", *call) for call in calls]
        finally:
            await clients.close()

    return asyncio.run(all_of_them())


def test_none_is_left_out_and_the_result_comes_back(server, anna):
    [sent] = asked(
        server.url, ("sendMessage", {"chat_id": anna.id, "text": "Hi", "parse_mode": None})
    )

    assert anna.sees()["message_id"] == sent["message_id"]


@pytest.mark.slow
def test_a_refusal_for_too_many_is_waited_out_and_nothing_is_sent_twice(server, anna):
    server.without_limits()
    server.refuse("sendMessage", retry_after=1)
    started = time.monotonic()
    asked(server.url, ("sendMessage", {"chat_id": anna.id, "text": "Hi"}), per_chat="100/s")

    assert time.monotonic() - started >= 1
    assert len(anna.chat.messages) == 1


def test_a_long_pause_is_told_and_not_waited_for(server, anna):
    server.refuse("sendMessage", retry_after=300)
    with pytest.raises(NodeError) as caught:
        asked(server.url, ("sendMessage", {"chat_id": anna.id, "text": "Hi"}))

    assert (caught.value.type, caught.value.retry_after, caught.value.is_transient) == (
        "telegram.too_many_requests",
        300.0,
        True,
    )


@pytest.mark.slow
def test_the_pace_of_telegram_is_kept(server):
    people = [server.person(f"P{number}") for number in range(45)]
    for one in people:
        one.starts()
    bot = server.add_bot(TOKEN, username="shop_bot")

    async def burst():
        clients = Clients(
            connections={"shop": {"kind": "telegram", "token": TOKEN, "base_url": server.url}}
        )
        params = [{"chat_id": one.id, "text": "Hi"} for one in people] + [
            {"chat_id": people[0].id, "text": "again"}
        ]
        try:
            sending = (clients.telegram.call("shop", "sendMessage", one) for one in params)
            await asyncio.gather(*sending)
        finally:
            await clients.close()

    asyncio.run(burst())
    calls = [method for method, _ in bot.calls].count("sendMessage")
    assert [len(one.chat.messages) for one in people] == [2] + [1] * 44
    assert (
        46 <= calls <= 58
    )  # on a busy machine a request may overtake another by more than the margin


@pytest.mark.parametrize(
    ("code", "type", "is_transient"),
    [
        (400, "telegram.bad_request", False),
        (403, "telegram.forbidden", False),
        (404, "telegram.not_found", False),
        (409, "telegram.conflict", False),
        (500, "telegram.server", True),
        (502, "telegram.server", True),
    ],
)
def test_refusals_have_types_and_say_what_telegram_says(server, anna, code, type, is_transient):
    server.refuse("getChat", code=code, text="Bad: thing")
    with pytest.raises(NodeError) as caught:
        asked(server.url, ("getChat", {"chat_id": anna.id}))

    assert (caught.value.title, caught.value.type, caught.value.is_transient) == (
        "Bad: thing",
        type,
        is_transient,
    )


@pytest.mark.parametrize(
    ("reply", "type"),
    [
        (Reply(body=b"<html>"), "http.decode"),
        (Reply(body=b"[]", headers={"Content-Type": "application/json"}), "telegram.refused"),
        (Reply(body=b'{"ok": true}', cut_at=3), "http.connect"),
        (Reply(status=502, body=b"bad gateway"), "http.decode"),
    ],
)
def test_rubbish_is_an_error_that_shows_no_token(reply, type):
    async def one():
        async with LocalServer() as server:
            server.tell(f"/bot{TOKEN}/getMe", reply)
            clients = Clients(
                connections={
                    "shop": {"kind": "telegram", "token": TOKEN, "base_url": server.url("")}
                }
            )
            with pytest.raises(NodeError) as caught:
                await clients.telegram.call("shop", "getMe")
            await clients.close()
            return caught.value

    error = asyncio.run(one())
    assert error.type == type
    assert "local" not in str(error).replace("localhost", "")


def test_nobody_there_shows_no_token_in_error_or_log(caplog):
    with caplog.at_level(logging.DEBUG, "flowforge_lab"), pytest.raises(NodeError) as caught:
        asked("http://127.0.0.1:9", ("getMe",))

    assert caught.value.type == "http.connect"
    assert TOKEN not in str(caught.value) + caplog.text
    assert caught.value.__cause__ is None


def test_the_token_is_taken_out_of_the_log_of_httpx(server, caplog):
    with caplog.at_level(logging.INFO, "httpx"):
        asked(server.url, ("getMe",))

    assert "/bot<token>/getMe" in caplog.text
    assert TOKEN not in caplog.text


def test_a_file_goes_up_and_down(server, anna):
    async def both():
        clients = Clients(
            connections={"shop": {"kind": "telegram", "token": TOKEN, "base_url": server.url}}
        )
        params = {"chat_id": anna.id, "document": "attach://file", "caption": "123"}
        sent = await clients.telegram.call(
            "shop", "sendDocument", params, files={"file": Upload("a.csv", b"a,b")}
        )
        found = await clients.telegram.download("shop", sent["document"]["file_id"])
        await clients.close()
        return sent, found

    sent, (path, content) = asyncio.run(both())
    assert (sent["document"]["file_name"], sent["caption"], content) == ("a.csv", "123", b"a,b")
    assert path.startswith("files/")


@pytest.mark.parametrize(
    ("connections", "name", "said"),
    [
        ({}, "", "no Telegram connection"),
        (
            {"a": {"kind": "telegram", "token": "1:x"}, "b": {"kind": "telegram", "token": "2:x"}},
            "",
            "a, b",
        ),
        ({"a": {"kind": "duckdb", "path": "x"}}, "a", "expected a connection of kind 'telegram'"),
        ({"a": {"kind": "telegram", "token": "1:x", "per_chat": "often"}}, "a", "per_chat"),
        ({"a": {"kind": "telegram", "token": "1:x", "base_url": "ftp://x"}}, "a", "base_url"),
    ],
)
def test_a_bot_that_is_not_set_up_is_told(connections, name, said):
    with pytest.raises(FlowForgeError, match=said):
        Clients(connections=connections).connections.bot(name)


def test_a_bot_shows_no_token():
    bot = Clients(connections={"a": {"kind": "telegram", "token": "1:secret"}}).connections.bot(
        "a"
    )

    assert "secret" not in repr(bot)
    assert bot.base_url == "https://api.telegram.org"


def test_trying_the_connection_tells_its_name(server):
    clients = Clients(
        connections={"shop": {"kind": "telegram", "token": TOKEN, "base_url": server.url}}
    )

    async def one():
        tried = await clients.connections.test("shop")
        await clients.close()
        return tried

    tried = asyncio.run(one())
    assert (tried.is_ok, tried.message) == (True, "the bot is @shop_bot")


# -- markup

PIECES = [
    "<b>bold <i>both</i></b>",
    "<u>u</u>",
    "<s>s</s>",
    "<tg-spoiler>x</tg-spoiler>",
    "<code>a&lt;b</code>",
    "<pre>x = 1</pre>",
    '<a href="https://a.b/?c=1&amp;d=2">link</a>',
    "plain 😀 &amp; text",
    "<blockquote>q</blockquote>",
    "<blockquote expandable>q</blockquote>",
]


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6))
@pytest.mark.slow
def test_html_reads_as_the_other_package_writes_it(pieces):
    marked = parse_html("\n".join(pieces))
    entities = [MessageEntity(**one) for one in marked.entities()]
    message = Message(1, None, None, text=marked.text, entities=entities)

    again = parse_html(message.text_html)
    assert (again.text, again.entities()) == (marked.text, marked.entities())


@given(st.lists(st.sampled_from(PIECES[:7]), min_size=1, max_size=6))
def test_markdown_reads_as_the_other_package_writes_it(pieces):
    marked = parse_html("\n".join(pieces))
    entities = [MessageEntity(**one) for one in marked.entities()]
    message = Message(1, None, None, text=marked.text, entities=entities)

    again = parse_markdown(message.text_markdown_v2)
    assert (again.text, again.entities()) == (marked.text, marked.entities())


def test_code_may_tell_its_language():
    html = parse_html('<pre><code class="language-python">x = 1</code></pre>')
    markdown = parse_markdown("```python\nx = 1```")

    assert html.entities() == markdown.entities()
    assert html.entities() == [{"type": "pre", "offset": 0, "length": 5, "language": "python"}]


@given(st.text())
def test_escaped_text_is_text(text):
    from flowforge_lab.expressions import compile_value

    assert parse_markdown(their_escape(text, version=2)).text == text
    for role, parse in (("html", parse_html), ("markdown", parse_markdown)):
        compiled = compile_value("{{ x }}", role_of=lambda _path, role=role: role)
        marked = parse(compiled.build([text], [10**6]))
        assert (marked.text, marked.spans) == (text, ())


@pytest.mark.parametrize(
    "source",
    ["<b>", "</b>", "<b><i></b></i>", "<script>x</script>", "a < b", "<b", "<span>x</span>"],
)
def test_html_that_telegram_refuses_is_refused(source):
    with pytest.raises(MarkupError):
        parse_html(source)


@pytest.mark.parametrize("source", ["*", "_a", "a.b", "!", "`a", "[a](b", "a|b", "~"])
def test_markdown_that_telegram_refuses_is_refused(source):
    with pytest.raises(MarkupError):
        parse_markdown(source)


@given(st.text(alphabet="ab \n😀", max_size=400), st.integers(5, 40))
def test_parts_hold_all_words_and_none_is_too_long(text, limit):
    parts = split(parse_html(text), limit=limit)

    assert all(0 < part.size <= limit for part in parts)
    assert "".join(part.text for part in parts).replace(" ", "").replace("\n", "") == text.replace(
        " ", ""
    ).replace("\n", "")


def test_a_part_ends_before_formatting_that_would_be_cut():
    marked = parse_html("one two three four <b>five six</b> seven")
    first, *_ = split(marked, limit=25)

    assert first.text == "one two three four"
    assert units("😀") == 2
