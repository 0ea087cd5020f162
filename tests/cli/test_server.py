"""The server, its tokens and webhooks, from the command line."""

import json
import signal
import urllib.request

import pytest

HOOK = """\
inputs: {amount: {type: number, default: 1}}
nodes:
  hook: {kind: trigger.webhook, config: {answer: with_result}, next: done}
  done: {kind: flow.end, config: {result: inputs.amount * 2}}
"""


@pytest.fixture
def served(flowforge, process, folder):
    """Serve a lab with a webhook, and return what the server says of itself."""
    (folder / "hook.flow.yaml").write_text(HOOK)
    flowforge("activate", "hook.flow.yaml")
    child = process("serve", "--json")
    text = child.stdout.readline()
    while not text.rstrip().endswith("}") or text.count("{") != text.count("}"):
        text += child.stdout.readline()
    yield json.loads(text)
    child.send_signal(signal.SIGTERM)
    assert child.wait(10) == 0


def post(url, body, **headers):
    sent = urllib.request.Request(url, json.dumps(body).encode(), headers, method="POST")
    sent.add_header("Content-Type", "application/json")
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
        sent, timeout=10
    ) as answer:
        return json.load(answer)


@pytest.mark.slow
def test_serve_answers_webhooks_and_a_kept_request_is_sent_again(flowforge, served, folder):
    assert post(served["webhooks"][0], {"amount": 4}) == 8
    [execution] = flowforge("executions", "--json").json
    (folder / "hook.flow.yaml").write_text(HOOK.replace("* 2", "* 3"))

    same = flowforge("webhooks", "replay", execution["execution_id"], "--json")
    newest = flowforge("webhooks", "replay", execution["execution_id"], "--newest", "--json")

    assert (same.json["result"], newest.json["result"]) == (8, 12)


@pytest.mark.slow
def test_what_is_in_use_cannot_be_listened_at(flowforge, served):
    port = served["url"].rpartition(":")[2]

    answer = flowforge("serve", "--port", port, "--json")

    assert answer.code == 4
    assert "cannot listen" in answer.error["message"]


@pytest.mark.slow
def test_serve_without_http_is_the_host_only(flowforge, process, folder):
    flowforge("init")
    child = process("serve", "--no-http")
    told = child.stdout.readline()
    child.send_signal(signal.SIGTERM)
    out, err = child.communicate(timeout=10)

    assert "serving" in told
    assert "REST" not in out
    assert err == ""


def test_webhooks_lists_what_active_workflows_serve(flowforge, folder):
    (folder / "hook.flow.yaml").write_text(HOOK)
    before = flowforge("webhooks")
    flowforge("activate", "hook.flow.yaml")

    assert before.code in {0, 3}
    [hook] = flowforge("webhooks", "--json").json
    assert hook["path"] == "/api/webhooks/hook"
    assert "/api/webhooks/hook" in flowforge("webhooks").out


def test_an_execution_that_no_request_started_is_not_replayed(flowforge):
    flowforge("run", "hello.flow.yaml")
    [execution] = flowforge("executions", "--json").json

    answer = flowforge("webhooks", "replay", execution["execution_id"], "--json")

    assert answer.code == 3


def test_a_token_is_shown_once_listed_and_revoked(flowforge):
    flowforge("init")
    made = flowforge(
        "token", "create", "ci", "--role", "operator", "--expires", "90d", "--json"
    ).json
    [listed] = flowforge("token", "list", "--json").json

    assert made["token"].startswith("fft_")
    assert listed["name"] == "ci"
    assert listed["expires_at"] > listed["created_at"]
    assert made["token"] not in flowforge("token", "list").out
    assert flowforge("token", "revoke", "ci").code == 0
    assert flowforge("token", "revoke", "ci").code == 3
    assert "no tokens" in flowforge("token", "list").out


def test_a_token_needs_a_lab_and_a_role(flowforge, tmp_path, monkeypatch):
    assert flowforge("token", "create", "x", "--role", "king").code == 2
    assert flowforge("token", "create", "x").code == 3


@pytest.mark.slow
def test_a_log_of_documents_has_nothing_else_in_it(flowforge, process, folder, monkeypatch):
    monkeypatch.setenv("FLOWFORGE_LOG_FORMAT", "json")
    monkeypatch.setenv("FLOWFORGE_LOG_LEVEL", "info")
    (folder / "hook.flow.yaml").write_text(HOOK)
    flowforge("activate", "hook.flow.yaml")
    child = process("serve")
    first = json.loads(child.stdout.readline())
    post(first["webhooks"][0], {"amount": 4})
    child.send_signal(signal.SIGTERM)
    out, err = child.communicate(timeout=20)

    assert first["message"] == "serving"
    told = [json.loads(line) for line in out.splitlines()]
    assert [one["message"] for one in told] == ["started", "succeeded", "stopped"]
    assert {one["workflow_id"] for one in told[:-1]} == {"hook"}
    assert len({one["execution_id"] for one in told[:-1]}) == 1
    assert all(json.loads(line)["logger"] for line in err.splitlines())
