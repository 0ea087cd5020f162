"""`flowforge mcp`: the tools of a lab for an assistant on this machine, over its pipes."""

import asyncio
import json
import os
import signal
import subprocess
import sys

import pytest
from mcp import Client, MCPError, StdioServerParameters

from flowforge_lab.lab import open_lab

pytestmark = pytest.mark.slow
ADD = """\
inputs: {a: {type: integer, required: true}}
nodes:
  start: {kind: trigger.manual, next: print}
  print: {kind: python.code, config: {inputs: {a: inputs.a}, code: "print('noise')\\nresult = a + 1"}, next: done}
  done: {kind: flow.end, config: {result: nodes.print.result}}
"""
LONG = """\
nodes:
  start: {kind: trigger.manual, next: work}
  work: {kind: python.code, config: {code: "import time\\ntime.sleep(60)"}}
"""
HELLO = b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}\n'
READY = b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n'
CALL = b'{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"long","arguments":{}}}\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("local")
    (folder / "add.flow.yaml").write_text(ADD)
    (folder / "long.flow.yaml").write_text(LONG)
    with open_lab(folder) as lab:
        lab.activate("add.flow.yaml")
        lab.activate("long.flow.yaml")
    return folder


def command(folder, *more):
    return [sys.executable, "-m", "flowforge_lab.cli", "mcp", "--lab", str(folder), *more]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_an_assistant_lists_and_calls_workflows_over_pipes(folder, mode):
    program, *arguments = command(folder)
    started = StdioServerParameters(command=program, args=arguments, env=dict(os.environ))
    lines = []

    async def note(_far, _total, line):
        lines.append(line)

    async def work():
        async with Client(started, mode=mode, read_timeout_seconds=20) as client:
            listed = await client.list_tools()
            found = await client.call_tool("add", {"a": 41}, progress_callback=note)
            wrong = await client.call_tool("add", {"a": "x"})
            try:
                await client.call_tool("none")
            except MCPError as error:
                return listed, found, wrong, error

    listed, found, wrong, unknown = asyncio.run(work())

    assert {"add", "long"} <= {tool.name for tool in listed.tools}
    assert found.structured_content["result"] == 42
    assert "print is done" in lines
    assert "expected integer, found str 'x'" in wrong.content[0].text
    assert "unknown tool 'none'" in str(unknown)


@pytest.mark.parametrize("end", ["close", "signal"])
def test_the_end_of_the_assistant_ends_the_program_and_leaves_the_execution(folder, end):
    with subprocess.Popen(command(folder), stdin=-1, stdout=-1, stderr=-1) as program:
        program.stdin.write(HELLO + READY + CALL)
        program.stdin.flush()
        program.stdout.readline()
        with open_lab(folder) as lab:
            while not (heads := lab.heads(workflow_id="long", status=["running"])):
                pass
            if end == "signal":
                program.send_signal(signal.SIGTERM)
            _, errors = program.communicate(timeout=20)
            head = lab.get(heads[0].id)
            lab.cancel(head.id)

    assert (program.returncode, errors) == (0, b"")
    assert head.status == "running"


def test_what_is_no_message_ends_nothing(folder):
    lines = b"\n{\n[]\n\xff\xfe\n" + b"[" * 5000 + b"\n"
    found = subprocess.run(
        command(folder), input=lines + HELLO, capture_output=True, timeout=20, check=True
    )

    answers = [json.loads(one) for one in found.stdout.splitlines()]
    assert answers[-1]["result"]["serverInfo"]["name"] == "flowforge-lab"


def test_the_tools_are_listed_without_an_assistant(folder, flowforge):
    answer = flowforge("mcp", "--list", "--json", "--lab", str(folder))

    tools = {tool["name"]: tool for tool in json.loads(answer.out)}
    assert tools["add"]["input_schema"]["required"] == ["a"]


WITHOUT = """
import sys
from importlib.machinery import PathFinder
class Without:
    @staticmethod
    def find_spec(name, path=None, target=None):
        return None if name.partition(".")[0] in {"mcp", "mcp_types"} else PathFinder.find_spec(name, path, target)
sys.meta_path = [finder if finder is not PathFinder else Without for finder in sys.meta_path]
from flowforge_lab.cli import main
main(["mcp", "--lab", sys.argv[1]])
"""


def test_without_the_extra_it_says_what_to_install(folder):
    found = subprocess.run(
        [sys.executable, "-c", WITHOUT, str(folder)],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert found.returncode == 2
    assert "pip install 'flowforge-lab[mcp]'" in found.stderr
    assert "Traceback" not in found.stderr
