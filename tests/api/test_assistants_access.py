"""Who may call which tools, and what becomes of callers that misbehave, leave or lose their token."""

import asyncio
import json
import socket

import pytest

from flowforge_lab.access import Gatehouse
from flowforge_lab.clock import SystemClock
from flowforge_lab.lab import FOLDER

from .assistants import GENERATIONS, SLOW, SUM, call, client_of, count_of, newest, talk, tools_of
from .conftest import Served, make_folder

pytestmark = pytest.mark.slow
MODERN = "2026-07-28"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A lab that knows tokens: of an operator, of one for `sum` alone, and of a viewer."""
    folder = make_folder(tmp_path_factory.mktemp("guarded"))
    with Served(folder) as lab:
        for id, text in (("sum", SUM), ("slow", SLOW)):
            lab.write(id, text)
        lab.gate = Gatehouse(folder / FOLDER, SystemClock(), lambda value: value)
        lab.operator = lab.gate.tokens.create("operator", "operator")
        lab.only = lab.gate.tokens.create("only", "", roles={"sum": "operator"})
        lab.viewer = lab.gate.tokens.create("viewer", "viewer")
        lab.wait_for(lambda: lab.http.get("/api/me").status_code == 401)  # it asks who calls now
        yield lab


def workflows_in(tools):
    return {name for name in tools if not name.startswith("flowforge_")}


@pytest.mark.parametrize("mode", GENERATIONS)
def test_a_token_sees_and_calls_what_it_may_run_and_nothing_else(guarded, mode):
    seen = [
        workflows_in(tools_of(guarded, mode=mode, token=token))
        for token in (guarded.operator, guarded.only, guarded.viewer)
    ]
    allowed = call(guarded, "sum", {"a": 1}, mode=mode, token=guarded.only)
    refused = call(guarded, "slow", mode=mode, token=guarded.only)
    viewed = call(guarded, "sum", {"a": 1}, mode=mode, token=guarded.viewer)

    assert seen == [{"sum", "slow"}, {"sum"}, set()]
    assert allowed.structured_content["result"] == {"sum": 2}
    assert "unknown tool 'slow'" in str(refused)
    assert "unknown tool 'sum'" in str(viewed)


@pytest.mark.parametrize("token", ["", "fft_00000000_" + "x" * 43, "é"])
def test_without_a_token_that_is_known_nothing_is_told(guarded, token):
    headers = {"Authorization": f"Bearer {token}".encode()} if token else {}
    answer = guarded.http.post("/mcp", json=_request("tools/list"), headers=headers)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_an_execution_of_others_is_not_there(guarded):
    slow = guarded.run(_started(guarded, "slow"))
    asked = {"execution_id": slow}
    looked = call(guarded, "flowforge_get_execution", asked, token=guarded.only)
    stopped = call(guarded, "flowforge_cancel_execution", asked, token=guarded.viewer)
    guarded.run(guarded.parts.executions.cancel(slow))

    assert f"there is no execution '{slow}'" in looked.content[0].text
    assert f"there is no execution '{slow}'" in stopped.content[0].text


async def _started(lab, id):
    return await lab.parts.executions.start(id)


@pytest.mark.parametrize("mode", GENERATIONS)
def test_a_token_revoked_in_the_middle_is_told_no_more(guarded, mode):
    token = _new_token(guarded, f"brief-{mode}", "operator")
    before = count_of(guarded, "slow")

    async def work(client):
        await client.list_tools()  # else it looks at the list behind the answer
        calling = asyncio.create_task(client.call_tool("slow"))
        while await asyncio.to_thread(count_of, guarded, "slow") == before:
            await asyncio.sleep(0.02)
        guarded.gate.tokens.revoke(f"brief-{mode}")
        return await calling

    found = talk(guarded, work, mode=mode, token=token)
    head = newest(guarded, "slow")
    guarded.run(guarded.parts.executions.cancel(head.id))

    assert found.is_error
    assert "may not run 'slow' any more" in found.content[0].text
    assert head.status == "running"


def test_a_session_answers_to_nobody_but_whoever_opened_it(guarded):
    opened = _post(guarded, _hello(), guarded.operator)
    session = opened.headers["mcp-session-id"]

    taken = _post(guarded, _request("tools/list"), guarded.viewer, **{"Mcp-Session-Id": session})

    assert opened.status_code == 200
    assert taken.status_code == 404


def test_a_listener_is_cut_off_when_its_token_is_revoked(guarded):
    token = _new_token(guarded, "listener", "viewer")
    opened = _post(guarded, _hello(), token)
    headers = {**_headers(token), "Mcp-Session-Id": opened.headers["mcp-session-id"]}

    with guarded.http.stream("GET", "/mcp", headers=headers) as news:
        guarded.gate.tokens.revoke("listener")
        text = b"".join(news.iter_bytes())

    assert news.status_code == 200
    assert text == b""


@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Origin": "null"}],
    ids=str,
)
def test_pages_and_names_of_others_are_refused(guarded, headers):
    answer = _post(guarded, _request("tools/list"), guarded.operator, **headers)

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"[" * 100_000, 400),
        (b"\xff\xfe", 400),
        (b'{"jsonrpc": "2.0", "id": 1, "method": 5}', 400),
        (b'{"a": "' + b"x" * 5_000_000 + b'"}', 413),
    ],
    ids=["empty", "cut", "list", "deep", "bytes", "method", "huge"],
)
def test_what_is_no_message_is_refused(guarded, body, status):
    headers = _headers(guarded.operator)
    answers = [
        guarded.http.post("/mcp", content=body, headers=headers),
        guarded.http.post(
            "/mcp", content=body, headers={**headers, "MCP-Protocol-Version": MODERN}
        ),
    ]

    assert [answer.status_code for answer in answers] == [status, status]


def test_a_large_argument_is_told_by_the_server_or_taken(guarded):
    found = call(guarded, "sum", {"a": "x" * 1_000_000}, token=guarded.operator)

    assert found.is_error
    assert len(found.content[0].text) < 2_000_000


def test_a_client_of_the_newer_protocol_that_leaves_cancels_its_call(guarded):
    before = count_of(guarded, "slow")
    body = json.dumps(_modern_call("slow")).encode()
    headers = {
        **_headers(guarded.operator),
        "MCP-Protocol-Version": MODERN,
        "Mcp-Method": "tools/call",
    }
    lines = [f"{name}: {value}" for name, value in {**headers, "Mcp-Name": "slow"}.items()]
    head = f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
    with socket.create_connection(guarded.listener.getsockname()[:2]) as gone:
        gone.sendall(f"{head}{chr(13) + chr(10)}".rstrip().encode() + b"\r\n")
        gone.sendall("".join(f"{line}\r\n" for line in lines).encode() + b"\r\n" + body)
        guarded.wait_for(lambda: count_of(guarded, "slow") > before)

    guarded.wait_for(lambda: newest(guarded, "slow").status == "cancelled")


def test_the_endings_of_a_server_leave_executions_to_the_next(tmp_path):
    folder = make_folder(tmp_path)
    with Served(folder) as lab:
        lab.write("slow", SLOW)
        found = asyncio.run(_called_while_it_stops(lab))

        assert found.structured_content["status"] == "running"
    with Served(folder) as again:
        head = newest(again, "slow")
        again.run(again.parts.executions.cancel(head.id))

        assert head.status != "cancelled"


async def _called_while_it_stops(lab):
    async with client_of(lab) as client:
        await client.list_tools()
        calling = asyncio.create_task(client.call_tool("slow"))
        while not await asyncio.to_thread(count_of, lab, "slow"):
            await asyncio.sleep(0.02)
        lab._loop.call_soon_threadsafe(lab.server.stop)
        return await calling


def _new_token(lab, name, role):
    """Make a token once the server is at work, and wait until it knows it."""
    token = lab.gate.tokens.create(name, role)
    lab.wait_for(lambda: lab.http.get("/api/me", headers=_headers(token)).is_success)
    return token


def _headers(token):
    return {
        "Authorization": f"Bearer {token}",
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
    }


def _post(lab, body, token, **headers):
    return lab.http.post("/mcp", json=body, headers={**_headers(token), **headers})


def _request(method, **params):
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def _hello():
    who = {"name": "test", "version": "1"}
    return _request("initialize", protocolVersion="2025-11-25", capabilities={}, clientInfo=who)


def _modern_call(name):
    prefix = "io.modelcontextprotocol/"
    meta = {f"{prefix}protocolVersion": MODERN, f"{prefix}clientCapabilities": {}}
    return _request("tools/call", name=name, arguments={}, _meta=meta)
