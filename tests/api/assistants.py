"""What the tests of the MCP endpoint share: workflows to call, and the SDK's own client."""

import asyncio
from contextlib import asynccontextmanager

from mcp import Client, MCPError
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client

GENERATIONS = ("auto", "legacy")
SUM = """\
name: Sum
description: Adds two numbers.
inputs:
  a: {type: number, required: true, description: The first.}
  b: {type: integer, default: 1, minimum: 0}
nodes:
  start: {kind: trigger.manual, next: add}
  add: {kind: action.transform, config: {value: inputs.a + inputs.b}, next: done}
  done: {kind: flow.end, config: {result: {sum: "{{ nodes.add.value }}"}}}
"""
SLOW = """\
nodes:
  start: {kind: trigger.manual, next: wait}
  wait: {kind: test.slow, config: {seconds: 60}}
"""
BRIEF = """\
nodes:
  start: {kind: trigger.schedule, config: {cron: 0 0 1 1 *}, next: wait}
  wait: {kind: flow.delay, config: {duration: 300ms}, next: done}
  done: {kind: flow.end, config: {result: "'soon'"}}
"""
HOOKED = """\
nodes:
  start: {kind: trigger.webhook, next: done}
  done: {kind: flow.end, config: {result: "1"}}
"""


@asynccontextmanager
async def client_of(lab, *, mode="auto", token="", **fields):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with create_mcp_http_client(headers) as http:
        transport = streamable_http_client(f"{lab.url}/mcp", http_client=http)
        async with Client(transport, mode=mode, read_timeout_seconds=15, **fields) as client:
            yield client


def talk(lab, work, **how):
    """Run `work(client)` with a client of the endpoint, and return what it returns or is refused with."""

    async def whole():
        async with client_of(lab, **how) as client:
            try:
                return await work(client)
            except MCPError as error:
                return error

    return asyncio.run(whole())


def newest(lab, id):
    return lab.run(lab.parts.executions.recent(workflow_id=id, limit=1))[0]


def count_of(lab, id):
    return len(lab.run(lab.parts.executions.recent(workflow_id=id, limit=1000)))


def call(lab, name, arguments=None, **how):
    return talk(lab, lambda client: client.call_tool(name, arguments), **how)


def tools_of(lab, **how):
    listed = talk(lab, lambda client: client.list_tools(), **how)
    return {tool.name: tool for tool in listed.tools}
