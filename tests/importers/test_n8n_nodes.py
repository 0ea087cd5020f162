"""Each node of n8n that has a counterpart, and what is said where one has none."""

import json

import pytest

from flowforge_lab.importers import read_foreign


def node_of(kind, parameters, **fields):
    """Return what a node behind a webhook becomes, and its line of the report."""
    nodes = [
        {"name": "In", "type": "n8n-nodes-base.webhook", "typeVersion": 2, "parameters": {"path": "p"}},
        {"name": "It", "type": f"n8n-nodes-base.{kind}", "typeVersion": 1, "parameters": parameters, **fields},
    ]  # fmt: skip
    edges = {"In": {"main": [[{"node": "It", "type": "main", "index": 0}]]}}
    found = read_foreign(json.dumps({"nodes": nodes, "connections": edges}))
    return found.workflows[0].nodes["it"], found.lines[1]


@pytest.mark.parametrize(
    ("interval", "cron"),
    [
        ({"field": "minutes", "minutesInterval": 5}, "*/5 * * * *"),
        ({"field": "minutes", "minutesInterval": 60}, "0 * * * *"),
        ({"field": "seconds", "secondsInterval": 30}, "*/30 * * * * *"),
        ({"field": "hours", "hoursInterval": 1, "triggerAtMinute": 10}, "10 * * * *"),
        ({"field": "hours", "hoursInterval": 24, "triggerAtMinute": 5}, "5 0 * * *"),
        ({}, "0 0 * * *"),
        ({"field": "days", "daysInterval": 2, "triggerAtHour": 6}, "0 6 */2 * *"),
        ({"field": "weeks", "triggerAtDay": [1, 3], "triggerAtHour": 9}, "0 9 * * 1,3"),
        ({"field": "months", "monthsInterval": 3, "triggerAtDayOfMonth": 15}, "0 0 15 */3 *"),
        ({"field": "cronExpression", "expression": "0 8 * * 1-5"}, "0 8 * * 1-5"),
    ],
)
def test_schedules(interval, cron):
    node, _ = node_of("scheduleTrigger", {"rule": {"interval": [interval]}})

    assert (node.kind, node.config) == ("trigger.schedule", {"cron": cron})


@pytest.mark.parametrize(
    ("item", "cron"),
    [
        ({"mode": "everyMinute"}, "* * * * *"),
        ({"mode": "everyHour", "minute": 5}, "5 * * * *"),
        ({"hour": 7}, "0 7 * * *"),
        ({"mode": "everyMonth", "dayOfMonth": 2, "hour": 1}, "0 1 2 * *"),
        ({"mode": "everyX", "value": 2, "unit": "hours"}, "0 */2 * * *"),
        ({"mode": "custom", "cronExpression": "1 2 * * *"}, "1 2 * * *"),
    ],
)
def test_times_of_the_older_cron_node(item, cron):
    node, _ = node_of("cron", {"triggerTimes": {"item": [item]}})

    assert node.config == {"cron": cron}


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({"field": "minutes", "minutesInterval": 90}, "no cron line says every 90 minutes"),
        ({"field": "cronExpression", "expression": "={{ $json.x }}"}, "computed"),
        ({"field": "moons"}, "'moons' has no counterpart"),
    ],
)
def test_times_that_no_cron_line_says_start_by_hand(rule, told):
    node, line = node_of("scheduleTrigger", {"rule": {"interval": [rule]}})

    assert (node.kind, line.fate) == ("trigger.manual", "placeholder")
    assert told in line.why


JSON_BODY = {"sendBody": True, "specifyBody": "json", "jsonBody": "={{ $json.body }}"}
FORM = {"sendBody": True, "contentType": "form-urlencoded", "bodyParameters": {"parameters": [{"name": "a", "value": "1"}]}}  # fmt: skip
RAW = {"sendBody": True, "contentType": "raw", "body": "hi", "rawContentType": "text/x"}
OLDER = {
    "requestMethod": "PUT",
    "bodyParametersUi": {"parameter": [{"name": "a", "value": "={{ $json.body.b }}"}]},
}
URL = {"url": "https://a.example"}


@pytest.mark.parametrize(
    ("kind", "parameters", "expected"),
    [
        ("httpRequest", {**URL, "method": "POST", **JSON_BODY}, {"body": {"type": "json", "value": "{{ nodes.in_node.body }}"}}),
        ("httpRequest", {**URL, "method": "POST", **FORM}, {"body": {"type": "form", "fields": {"a": "1"}}}),
        ("httpRequest", {**URL, "method": "POST", **RAW}, {"body": {"type": "raw", "content": "hi", "content_type": "text/x"}}),
        ("httpRequest", {**URL, **OLDER}, {"method": "PUT", "body": {"type": "json", "value": {"a": "{{ nodes.in_node.body.b }}"}}}),
        ("httpRequest", {**URL, "options": {"response": {"response": {"responseFormat": "text", "neverError": True}}}}, {"response": "text", "accept": ["1xx", "2xx", "3xx", "4xx", "5xx"]}),
        ("httpRequest", {**URL, "specifyHeaders": "json", "sendHeaders": True, "jsonHeaders": '{"X-A": "1"}'}, {"headers": {"X-A": "1"}}),
        ("set", {"mode": "raw", "jsonOutput": '{"a": 1}'}, {"source": "{}", "set": {"a": 1}}),
        ("set", {"includeOtherFields": True, "assignments": {"assignments": [{"name": "n", "value": "4", "type": "number"}, {"name": "l", "value": "[1]", "type": "array"}]}}, {"source": "nodes.in_node", "set": {"n": 4, "l": [1]}}),
        ("wait", {"amount": 2, "unit": "hours"}, {"duration": "2h"}),
        ("wait", {"resume": "specificTime", "dateTime": "2030-01-01T00:00:00Z"}, {"until": "2030-01-01T00:00:00Z"}),
        ("wait", {"resume": "webhook"}, {}),
        ("merge", {"mode": "append"}, {}),
        ("noOp", {}, {"value": "input"}),
        ("splitOut", {"fieldToSplitOut": "body.a b"}, {"items": "nodes.in_node.body['a b']"}),
        ("splitInBatches", {"options": {}}, {"items": "nodes.in_node"}),
        ("executeWorkflow", {"workflowId": {"__rl": True, "value": "x1", "cachedResultName": "My Sub"}, "workflowInputs": {"value": {"a": "={{ $json.body.a }}"}}}, {"workflow": "my_sub", "inputs": {"a": "{{ nodes.in_node.body.a }}"}, "wait": True}),
        ("respondToWebhook", {"respondWith": "json", "responseBody": '={"a": "{{ $json.body.a }}"}'}, {"result": {"a": "{{ nodes.in_node.body.a }}"}}),
        ("respondToWebhook", {"respondWith": "json", "responseBody": "={{ $json.body }}"}, {"result": "nodes.in_node.body"}),
        ("respondToWebhook", {}, {"result": "nodes.in_node"}),
        ("respondToWebhook", {"respondWith": "noData"}, {"result": "None"}),
        ("stopAndError", {"errorMessage": "=no {{ $json.body.a }}"}, {"status": "failed", "message": "no {{ nodes.in_node.body.a }}"}),
    ],
)  # fmt: skip
def test_parameters_become_configs(kind, parameters, expected):
    node, line = node_of(kind, parameters)

    assert line.fate in {"mapped", "partly"}, line.why
    assert {name: node.config.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("kind", "parameters", "why"),
    [
        ("httpRequest", {"url": "ftp://x"}, "http://"),
        ("httpRequest", {**URL, "method": "POST", "sendBody": True, "contentType": "multipart-form-data"}, "multipart"),
        ("httpRequest", {"url": "={{ $env.HOST }}"}, "'$env' is not known here"),
        ("httpRequest", {**URL, "method": "POST", "sendBody": True, "specifyBody": "json", "jsonBody": "={a}{{ $json.b }}"}, "JSON"),
        ("set", {"assignments": {"assignments": [{"name": "a.b", "value": 1}]}}, "inside another"),
        ("set", {"mode": "raw", "jsonOutput": "[1]"}, "no object"),
        ("splitInBatches", {"batchSize": 10}, "batches"),
        ("splitOut", {"fieldToSplitOut": "a, b"}, "several fields"),
        ("merge", {"mode": "combine"}, "joined otherwise"),
        ("wait", {"resume": "form"}, "'form'"),
        ("wait", {"amount": "={{ 1 }}"}, "computed"),
        ("executeWorkflow", {"workflowId": "={{ $json.id }}"}, "computed"),
        ("respondToWebhook", {"respondWith": "binary"}, "'binary'"),
        ("emailSend", {"toEmail": ""}, "nobody"),
        ("emailSend", {"operation": "sendAndWait"}, "something else"),
        ("telegram", {"operation": "sendPhoto"}, "only messages"),
        ("postgres", {"operation": "insert"}, "queries in SQL"),
        ("postgres", {"operation": "executeQuery", "query": "=SELECT {{ $json.a }}"}, "$parameters"),
        ("code", {"language": "python", "pythonCode": "def"}, "cannot be read"),
        ("if", {"conditions": {"conditions": []}}, "no condition"),
        ("if", {"conditions": {"conditions": [{"leftValue": 1, "operator": {"type": "dateTime", "operation": "after"}}]}}, "times"),
        ("if", {"conditions": {"string": [{"value1": "a", "operation": "regex", "value2": "b"}]}}, "'regex' has no counterpart"),
        ("switch", {"rules": {}}, "no rules"),
        ("slack", {}, "no node of this kind"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_a_placeholder_with_its_reason(kind, parameters, why):
    node, line = node_of(kind, parameters)

    assert (node.kind, line.fate) == ("python.code", "placeholder")
    assert why in line.why


@pytest.mark.parametrize(
    ("operator", "right", "expected"),
    [
        ({"type": "string", "operation": "notContains"}, "b", "('b' not in nodes.in_node.body.a)"),
        ({"type": "string", "operation": "startsWith"}, "b", "nodes.in_node.body.a.startswith('b')"),
        ({"type": "string", "operation": "notExists"}, "", "(default(nodes.in_node.body.a, None) is None)"),
        ({"type": "boolean", "operation": "true"}, "", "(nodes.in_node.body.a == True)"),
        ({"type": "number", "operation": "lte"}, "5", "(nodes.in_node.body.a <= 5)"),
        ({"type": "array", "operation": "notEmpty"}, "", "(default(nodes.in_node.body.a, None) not in (None, '', [], {}))"),
    ],
)  # fmt: skip
def test_conditions(operator, right, expected):
    one = {"leftValue": "={{ $json.body.a }}", "rightValue": right, "operator": operator}

    node, _ = node_of("if", {"conditions": {"conditions": [one], "combinator": "and"}})

    assert node.config["condition"] == expected


def test_switches_newer_and_older():
    one = {
        "leftValue": "={{ $json.body.a }}",
        "rightValue": "x",
        "operator": {"type": "string", "operation": "equals"},
    }
    newer, _ = node_of("switch", {"rules": {"values": [{"conditions": {"conditions": [one]}}]}})
    older, _ = node_of(
        "switch",
        {
            "value1": "={{ $json.body.a }}",
            "rules": {"rules": [{"value2": 1}, {"operation": "larger", "value2": 5, "output": 1}]},
        },
    )

    assert newer.config["cases"] == [{"name": "way_0", "when": "(nodes.in_node.body.a == 'x')"}]
    assert [case["when"] for case in older.config["cases"]] == [
        "(nodes.in_node.body.a == 1)",
        "(nodes.in_node.body.a > 5)",
    ]


def test_a_trigger_that_is_none_here_and_inputs_of_a_called_workflow():
    trigger, line = node_of("gmailTrigger", {})
    called, _ = node_of(
        "executeWorkflowTrigger", {"workflowInputs": {"values": [{"name": "a", "type": "number"}]}}
    )

    assert (trigger.kind, line.fate) == ("trigger.manual", "placeholder")
    assert called.kind == "trigger.manual"
