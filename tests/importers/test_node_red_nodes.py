"""Each node of Node-RED that has a counterpart, and what is said where one has none."""

import json

import pytest

from flowforge_lab.importers import read_foreign

IN = {
    "id": "in",
    "z": "t",
    "type": "http in",
    "name": "in",
    "url": "/x",
    "method": "post",
    "wires": [["it"]],
}


def node_of(kind, *, first=IN, **fields):
    nodes = [{"id": "t", "type": "tab", "label": "T"}, first, {"id": "it", "z": "t", "type": kind, "name": "it", "wires": [[]], **fields}]  # fmt: skip
    found = read_foreign(json.dumps(nodes))
    line = next(line for line in found.lines if line.type == kind)
    return found.workflows[0].nodes[line.node], line


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("http request", {"method": "POST", "url": "a.example/b", "ret": "txt", "senderr": True, "headers": [{"keyType": "other", "keyValue": "X-A", "valueType": "other", "valueValue": "1"}]}, {"url": "http://a.example/b", "headers": {"X-A": "1"}, "body": {"type": "json", "value": "{{ nodes.in_node.body }}"}}),
        ("http request", {"method": "GET", "url": "https://a/{{payload.b}}", "authType": "basic"}, {"url": "https://a/{{ nodes.in_node.body.b }}", "connection": "it_login"}),
        ("change", {"rules": [{"t": "set", "p": "a", "pt": "msg", "to": "3", "tot": "num"}, {"t": "set", "p": "b", "to": "true", "tot": "bool"}, {"t": "set", "p": "c", "to": '{"d": 1}', "tot": "json"}, {"t": "delete", "p": "topic"}]}, {"set": {"a": 3, "b": True, "c": {"d": 1}}}),
        ("switch", {"property": "payload.n", "rules": [{"t": "btwn", "v": "1", "vt": "num", "v2": "3", "v2t": "num"}, {"t": "null"}, {"t": "cont", "v": "x", "vt": "str"}]}, {"cases": [{"name": "way_0", "when": "(1 <= nodes.in_node.body.n <= 3)"}, {"name": "way_1", "when": "(default(nodes.in_node.body.n, None) is None)"}, {"name": "way_2", "when": "('x' in nodes.in_node.body.n)"}]}),
        ("template", {"template": "a {{payload.b}}", "syntax": "mustache", "format": "text"}, {"set": {"payload": "a {{ nodes.in_node.body.b }}"}}),
        ("template", {"template": '{"a": {{payload.b}}}', "output": "json"}, {"set": {"payload": {"a": "{{ nodes.in_node.body.b }}"}}}),
        ("template", {"template": "{{{payload.b}}}}"}, {"set": {"payload": "{{ nodes.in_node.body.b }}}"}}),
        ("delay", {"pauseType": "delay", "timeout": "2", "timeoutUnits": "minutes"}, {"duration": "2m"}),
        ("json", {"property": "payload"}, {"set": {"payload": "{{ json.loads(nodes.in_node.body) }}"}}),
        ("split", {}, {"items": "nodes.in_node.body"}),
        ("telegram sender", {"bot": "b"}, {"bot": "b", "chats": ["{{ nodes.in_node.body.chatId }}"]}),
        ("http response", {}, {"result": "nodes.in_node.body"}),
    ],
)  # fmt: skip
def test_fields_become_configs(kind, fields, expected):
    node, line = node_of(kind, **fields)

    assert line.fate in {"mapped", "partly"}, line.why
    assert {name: node.config.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("kind", "fields", "why"),
    [
        ("http request", {"method": "use"}, "comes from the message"),
        ("http request", {"method": "GET", "url": ""}, "msg.url"),
        ("change", {"rules": [{"t": "set", "p": "a.b", "to": "1"}]}, "'a.b'"),
        ("change", {"rules": [{"t": "change", "p": "payload", "from": "a", "to": "b"}]}, "'change' has no counterpart"),
        ("change", {"rules": [{"t": "set", "p": "a", "to": "1"}, {"t": "set", "p": "a", "to": "2"}]}, "twice"),
        ("change", {"rules": [{"t": "set", "p": "a", "to": "{", "tot": "json"}]}, "JSON"),
        ("change", {"rules": [{"t": "set", "p": "a", "to": "x", "tot": "flow"}]}, "'flow'"),
        ("switch", {"property": "x", "propertyType": "global"}, "no property"),
        ("switch", {"property": "payload", "rules": [{"t": "else"}, {"t": "eq", "v": "1"}]}, "last rule"),
        ("switch", {"property": "payload", "rules": [{"t": "regex", "v": "a"}]}, "'regex'"),
        ("switch", {"property": "payload", "rules": []}, "no rules"),
        ("template", {"template": "{{#a}}{{/a}}", "syntax": "mustache"}, "braces"),
        ("template", {"template": "{{a}}", "syntax": "plain"}, "braces"),
        ("template", {"template": "a", "field": "x.y"}, "no property"),
        ("delay", {"pauseType": "rate"}, "rate"),
        ("delay", {"pauseType": "delay", "timeout": "x"}, "how long"),
        ("json", {"action": "str"}, "another property"),
        ("e-mail", {"name": "nobody"}, "comes from the message"),
        ("subflow:gone", {}, "not in the document"),
        ("mqtt out", {}, "no node of this kind"),
        ("function", {"func": "return msg;"}, "no node of this kind"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_a_placeholder_with_its_reason(kind, fields, why):
    node, line = node_of(kind, **fields)

    assert (node.kind, line.fate) == ("python.code", "placeholder")
    assert why in line.why


@pytest.mark.parametrize(
    ("repeat", "cron"), [("60", "0 * * * *"), ("30", "*/30 * * * * *"), ("7200", "0 */2 * * *")]
)
def test_an_inject_that_repeats(repeat, cron):
    first = {"id": "in", "z": "t", "type": "inject", "name": "in", "repeat": repeat, "payload": "", "payloadType": "date", "wires": [["it"]]}  # fmt: skip
    nodes = [
        {"id": "t", "type": "tab"},
        first,
        {"id": "it", "z": "t", "type": "http response", "name": "it", "wires": []},
    ]

    found = read_foreign(json.dumps(nodes))

    assert found.workflows[0].nodes["in_node"].config == (
        {"cron": cron} if repeat != "60" else {"cron": "* * * * *"}
    )


def test_branches_that_bring_different_things_cannot_be_named():
    nodes = [
        {"id": "t", "type": "tab"},
        {**IN, "wires": [["a", "b"]]},
        {"id": "a", "z": "t", "type": "template", "name": "a", "template": "1", "wires": [["c"]]},
        {"id": "b", "z": "t", "type": "template", "name": "b", "template": "2", "wires": [["c"]]},
        {
            "id": "c",
            "z": "t",
            "type": "template",
            "name": "c",
            "template": "{{payload}}",
            "wires": [[]],
        },
    ]

    found = read_foreign(json.dumps(nodes))

    assert {line.name: line for line in found.lines}[
        "c"
    ].why == "what 'msg.payload' holds cannot be told beforehand"
