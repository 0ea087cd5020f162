"""Active workflows are tools of assistants, over the official SDK and both generations of its protocol."""

import asyncio

import pytest
from mcp import MCPError

from .assistants import (
    BRIEF,
    GENERATIONS,
    HOOKED,
    SLOW,
    SUM,
    call,
    count_of,
    newest,
    talk,
    tools_of,
)
from .conftest import Served, make_folder

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    folder = make_folder(tmp_path_factory.mktemp("tools"))
    with Served(folder, mcp_wait_seconds=5) as lab:
        for id, text in (("sum", SUM), ("slow", SLOW), ("hooked", HOOKED), ("brief", BRIEF)):
            lab.write(id, text)
        for id in ("fails", "asks"):
            lab.http.post(f"/api/workflows/{id}/activate")
        yield lab


@pytest.mark.parametrize("mode", GENERATIONS)
def test_active_workflows_that_start_by_hand_are_offered_with_their_inputs(lab, mode):
    tools = tools_of(lab, mode=mode)

    assert {"sum", "slow", "brief", "fails", "asks"} <= set(tools)
    assert not {"hooked", "hello"} & set(tools)
    assert tools["sum"].description == "Sum: Adds two numbers."
    assert tools["sum"].input_schema == {
        "type": "object",
        "properties": {
            "a": {"type": "number", "description": "The first."},
            "b": {"type": "integer", "default": 1, "minimum": 0.0},
        },
        "additionalProperties": False,
        "required": ["a"],
    }


@pytest.mark.parametrize("mode", GENERATIONS)
def test_a_call_gives_the_result_as_values_and_as_text(lab, mode):
    found = call(lab, "sum", {"a": 2.5}, mode=mode)

    assert not found.is_error
    assert found.structured_content["result"] == {"sum": 3.5}
    assert found.structured_content["status"] == "succeeded"
    assert found.content[0].text == '{"sum":3.5}'
    assert lab.http.get(f"/api/executions/{found.structured_content['execution_id']}").is_success


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "inputs.a: required (number), but not given"),
        ({"a": "two"}, "expected number, found str 'two'"),
        ({"a": 1, "b": -1}, "expected at least 0, found -1"),
        ({"a": 1, "c": 2}, "unknown input 'c'"),
    ],
)
def test_wrong_arguments_are_told_by_the_workflows_own_checks(lab, arguments, told):
    before = count_of(lab, "sum")

    found = call(lab, "sum", arguments)

    assert found.is_error
    assert told in found.content[0].text
    assert count_of(lab, "sum") == before


@pytest.mark.parametrize("mode", GENERATIONS)
def test_a_failed_execution_is_an_error_with_its_words_and_its_id(lab, mode):
    found = call(lab, "fails", mode=mode)

    assert found.is_error
    assert "no luck" in found.content[0].text
    assert found.structured_content["execution_id"] in found.content[0].text
    assert found.structured_content["status"] == "failed"


@pytest.mark.parametrize("name", ["summ", "hooked", "x" * 5000, "", "naïve 🙈"])
def test_an_unknown_tool_is_refused(lab, name):
    refused = call(lab, name)

    assert isinstance(refused, MCPError)
    assert "unknown tool" in str(refused)


@pytest.mark.parametrize("mode", GENERATIONS)
def test_the_steps_are_told_while_they_are_done(lab, mode):
    told = []

    async def note(how_far, _total, line):
        told.append((how_far, line))

    async def work(client):
        return await client.call_tool("sum", {"a": 1}, progress_callback=note)

    talk(lab, work, mode=mode)

    lines = [line for _, line in told]
    assert lines == sorted(lines, key=lines.index)
    assert "add is done" in lines
    assert [far for far, _ in told] == sorted({far for far, _ in told})


@pytest.mark.parametrize("mode", GENERATIONS)
def test_what_waits_for_an_answer_is_told_at_once_and_asked_for_later(lab, mode):
    found = call(lab, "asks", mode=mode)
    told = found.structured_content
    assert (found.is_error, told["status"]) == (False, "waiting")
    assert told["waits"] == [{"node": "ask", "until": None}]
    wait = lab.http.get("/api/waits", params={"execution_id": told["execution_id"]}).json()[0]
    lab.http.post(f"/waits/{wait['key']}", json={"ok": "yes"})

    end = call(
        lab,
        "flowforge_get_execution",
        {"execution_id": told["execution_id"], "wait_seconds": 5},
        mode=mode,
    )

    assert end.structured_content["result"] == "yes"


def test_a_wait_that_is_over_soon_is_waited_for(lab):
    found = call(lab, "brief")

    assert found.structured_content["status"] == "succeeded"


@pytest.mark.parametrize("mode", GENERATIONS)
def test_whoever_cancels_a_call_cancels_its_execution(lab, mode):
    async def work(client):
        seen = asyncio.Event()

        async def note(*_args):
            seen.set()

        calling = asyncio.create_task(client.call_tool("slow", progress_callback=note))
        await asyncio.wait_for(seen.wait(), 10)
        calling.cancel()
        await asyncio.gather(calling, return_exceptions=True)

    talk(lab, work, mode=mode)

    lab.wait_for(lambda: newest(lab, "slow").status == "cancelled")


def test_what_takes_too_long_goes_on_and_can_be_stopped(tmp_path):
    with Served(make_folder(tmp_path), mcp_wait_seconds=0.2) as lab:
        lab.write("slow", SLOW)
        told = call(lab, "slow").structured_content
        id = told["execution_id"]
        asked = call(lab, "flowforge_get_execution", {"execution_id": id}).structured_content
        stopped = call(lab, "flowforge_cancel_execution", {"execution_id": id, "reason": "enough"})

        assert (told["status"], asked["status"]) == ("running", "running")
        assert not stopped.is_error
        lab.wait_for(lambda: newest(lab, "slow").status == "cancelled")


@pytest.mark.parametrize("mode", GENERATIONS)
def test_many_calls_at_once_have_executions_of_their_own(lab, mode):
    async def work(client):
        calls = [client.call_tool("sum", {"a": number}) for number in range(10)]
        return await asyncio.gather(*calls)

    found = talk(lab, work, mode=mode)

    assert [one.structured_content["result"]["sum"] for one in found] == list(range(1, 11))
    assert len({one.structured_content["execution_id"] for one in found}) == 10


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "missing required field"),
        ({"execution_id": 5}, "Expected `str`"),
        ({"execution_id": "0" * 200}, "<= 128"),
        ({"execution_id": "nobody"}, "there is no execution 'nobody'"),
        ({"execution_id": "nobody", "wait_seconds": 1e9}, "<= 300"),
        ({"execution_id": "nobody", "more": 1}, "unknown field"),
    ],
)
def test_our_own_tools_refuse_what_they_cannot_read(lab, arguments, told):
    found = call(lab, "flowforge_get_execution", arguments)

    assert found.is_error
    assert told in found.content[0].text


def test_the_newer_protocol_tells_whoever_listens_of_other_tools(lab):
    async def work(client):
        async with client.listen(tools_list_changed=True) as news:
            lab.http.post("/api/workflows/hello/activate")
            await anext(news)
            return await client.list_tools()

    found = {tool.name for tool in talk(lab, work).tools}
    lab.http.post("/api/workflows/hello/deactivate")

    assert "hello" in found


def test_the_older_protocol_tells_everybody_of_other_tools(lab):
    told = []

    async def work(client):
        assert client.server_capabilities.tools.list_changed
        async with asyncio.timeout(10):
            while not told:  # what is told before the client listens is lost
                await asyncio.to_thread(lab.http.post, "/api/workflows/hello/activate")
                await asyncio.sleep(0.1)

    async def note(message):
        told.append(message)

    talk(lab, work, mode="legacy", message_handler=note)
    lab.http.post("/api/workflows/hello/deactivate")

    assert told[0].method == "notifications/tools/list_changed"
