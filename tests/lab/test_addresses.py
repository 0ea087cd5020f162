"""Addresses and connections of a workflow: what a value may do to them, from end to end."""

import asyncio

import pytest

from flowforge_lab.errors import PlanError
from flowforge_lab.testing import LocalServer, Reply

ASK = """\
inputs: {{q: {{type: string}}}}
nodes:
  start: {{kind: trigger.manual, next: ask}}
  ask:
    kind: action.http_request
    config: {{url: "{url}/{{{{ inputs.q }}}}?q={{{{ inputs.q }}}}", allow_private: true}}
"""
TEXT = {"Content-Type": "text/plain", "Connection": "close"}
LITERAL = """\
inputs: {{q: {{type: string}}}}
nodes:
  start: {{kind: trigger.manual, next: step}}
  step: {{kind: {kind}, config: {config}}}
"""


def test_a_value_stays_one_piece_of_the_address(lab, folder):
    async def asked():
        async with LocalServer() as server:
            path = folder / "ask.flow.yaml"
            path.write_text(ASK.format(url=server.url("/find")))
            server.tell("/find/a%2Fb%20c%3F%26%C3%A9", Reply(body=b"found", headers=TEXT))
            outcome = await asyncio.to_thread(lab.run, path, {"q": "a/b c?&é"})
            return outcome, server.received

    outcome, [received] = asyncio.run(asked())

    assert outcome.result["ask"]["body"] == "found"
    assert received.query == {"q": "a/b c?&é"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "config", "field"),
    [
        (
            "action.http_request",
            "{url: 'http://h', allow_private: '{{ inputs.q }}'}",
            "allow_private",
        ),
        ("action.http_request", "{url: /a, connection: '{{ inputs.q }}'}", "connection"),
        ("sql.query", "{sql: select 1, connection: 'x{{ inputs.q }}'}", "connection"),
        ("sql.query", "{sql: select 1, write: '{{ True }}'}", "write"),
    ],
)
def test_what_may_be_reached_is_not_for_an_expression_to_say(lab, folder, kind, config, field):
    path = folder / "literal.flow.yaml"
    path.write_text(LITERAL.format(kind=kind, config=config))

    with pytest.raises(PlanError) as caught:
        lab.run(path, {"q": "true"})

    told = [one for one in caught.value.problems if one.field == f"config.{field}"]
    assert "must be written out" in told[0].message
