"""Each task of Kestra that has a counterpart, and what is said where one has none."""

import json

import pytest

from flowforge_lab.importers import read_foreign

CORE = "io.kestra.plugin.core"


def node_of(type, **fields):
    tasks = [{"id": "first", "type": f"{CORE}.debug.Return", "format": "{{ inputs.a }}"}, {"id": "it", "type": type, **fields}]  # fmt: skip
    flow = {"id": "f", "namespace": "n", "inputs": [{"id": "a", "type": "STRING"}], "variables": {"v": 7}, "tasks": tasks}  # fmt: skip
    found = read_foreign(json.dumps(flow), source="kestra")
    return found.workflows[0].nodes["it"], {line.name: line for line in found.lines}["it"]


@pytest.mark.parametrize(
    ("type", "fields", "expected"),
    [
        (f"{CORE}.http.Request", {"uri": "https://a", "method": "POST", "contentType": "application/json", "body": '{"a": "{{ inputs.a }}"}'}, {"body": {"type": "json", "value": {"a": "{{ inputs.a }}"}}}),
        (f"{CORE}.http.Request", {"uri": "https://a", "method": "POST", "formData": {"a": "{{ vars.v }}"}, "params": {"q": "1"}, "headers": {"X": "y"}}, {"body": {"type": "form", "fields": {"a": "{{ 7 }}"}}, "query": {"q": "1"}, "headers": {"X": "y"}}),
        (f"{CORE}.http.Request", {"uri": "https://a", "method": "PUT", "body": "raw", "options": {"auth": {"type": "BASIC"}, "allowFailed": True}}, {"body": {"type": "raw", "content": "raw", "content_type": "text/plain; charset=utf-8"}, "connection": "it_login", "accept": ["1xx", "2xx", "3xx", "4xx", "5xx"]}),
        (f"{CORE}.output.OutputValues", {"values": {"a": "{{ outputs.first.value | default('x') }}"}}, {"set": {"a": "{{ default(nodes.first.value, 'x') }}"}}),
        (f"{CORE}.flow.Sleep", {"duration": "PT1H30M"}, {"duration": "5400s"}),
        (f"{CORE}.flow.Pause", {"delay": "P1D"}, {"duration": "86400s"}),
        (f"{CORE}.execution.Fail", {"errorMessage": "no {{ inputs.a }}"}, {"status": "failed", "message": "no {{ inputs.a }}"}),
        ("io.kestra.core.tasks.flows.Flow", {"flowId": "other", "wait": False}, {"workflow": "other", "wait": False}),
        ("io.kestra.plugin.jdbc.postgresql.Query", {"sql": "DELETE FROM a", "store": True}, {"connection": "it_database"}),
        ("io.kestra.plugin.scripts.python.Script", {"script": "print(1)", "beforeCommands": ["pip install x"], "env": {"A": "b"}}, {"code": "print(1)"}),
    ],
)  # fmt: skip
def test_fields_become_configs(type, fields, expected):
    node, line = node_of(type, **fields)

    assert line.fate in {"mapped", "partly"}, line.why
    assert {name: node.config.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("type", "fields", "why"),
    [
        (f"{CORE}.http.Request", {"uri": "kestra:///a"}, "http://"),
        (f"{CORE}.http.Request", {"uri": "https://a/{{ outputs.gone.value }}"}, "no task 'gone'"),
        (f"{CORE}.http.Request", {"uri": "https://a/{{ outputs.first.uri }}"}, "'uri'"),
        (f"{CORE}.debug.Return", {"format": "{{ vars.w }}"}, "no constant"),
        (f"{CORE}.debug.Return", {"format": "{{ kv('a') }}"}, "'kv' is not known"),
        (f"{CORE}.debug.Return", {"format": "{{ inputs.a | date('x') }}"}, "'date' has no counterpart"),
        (f"{CORE}.debug.Return", {"format": "{{ envs.a }}"}, "'envs' is not known"),
        (f"{CORE}.flow.Sleep", {"duration": "soon"}, "'soon'"),
        (f"{CORE}.flow.Pause", {}, "waits for somebody"),
        (f"{CORE}.execution.Fail", {"condition": "{{ true }}"}, "on a condition"),
        (f"{CORE}.flow.Subflow", {"flowId": "{{ inputs.a }}"}, "computed"),
        (f"{CORE}.flow.Switch", {"value": "{{ inputs.a }}"}, "no cases"),
        ("io.kestra.plugin.jdbc.postgresql.Query", {"sql": "SELECT {{ inputs.a }}"}, "$parameters"),
        ("io.kestra.plugin.jdbc.mysql.Query", {"sql": "SELECT 1"}, "no node of this kind"),
        ("io.kestra.plugin.scripts.python.Script", {"script": "x = {{ inputs.a }}"}, "hand them over"),
        ("io.kestra.plugin.scripts.python.Script", {"script": "def"}, "cannot be read"),
        ("io.kestra.plugin.scripts.node.Script", {"script": "x"}, "no node of this kind"),
        ("io.kestra.plugin.notifications.mail.MailSend", {"to": ""}, "nobody"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_a_placeholder_with_its_reason(type, fields, why):
    node, line = node_of(type, **fields)

    assert (node.kind, line.fate) == ("python.code", "placeholder")
    assert why in line.why


def test_what_holds_for_tasks_of_any_kind():
    node, line = node_of(
        f"{CORE}.debug.Return", format="a", allowFailure=True, timeout="PT5S", runIf="{{ true }}",
        retry={"type": "exponential", "interval": "PT2S", "maxAttempts": 5}, disabled=True,
    )  # fmt: skip

    assert (node.continues, node.timeout, node.disabled) == (True, 5, True)
    assert (node.retry.attempts, node.retry.first, node.retry.backoff) == (5, 2, "exponential")
    assert "'runIf' is not taken over" in line.why


def test_tasks_nested_too_deeply_become_a_placeholder():
    task = {"id": "deep", "type": f"{CORE}.debug.Return", "format": "a"}
    for number in range(25):
        task = {"id": f"s{number}", "type": f"{CORE}.flow.Sequential", "tasks": [task]}

    found = read_foreign(
        json.dumps({"id": "f", "namespace": "n", "tasks": [task]}), source="kestra"
    )

    assert any("nested too deeply" in line.why for line in found.lines)
