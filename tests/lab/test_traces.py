"""Spans of executions, visits, attempts and requests fit together, also across processes."""

import asyncio

import pytest

pytest.importorskip("opentelemetry.sdk")
from opentelemetry.sdk.trace.export.in_memory_span_exporter import (
    InMemorySpanExporter,
)

from flowforge_lab.testing import LocalServer, Reply

OUTER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
FLAKY = """\
id: flaky
nodes:
  start: {kind: trigger.manual, next: try}
  try: {kind: test.flaky, config: {failures: 1}, retry: {attempts: 2, first: 0.01}}
"""
CHILD = """\
id: child
nodes:
  start: {kind: trigger.manual, next: say}
  say: {kind: action.transform, config: {value: 1}}
"""
CALLS = """\
id: calls
nodes:
  start: {kind: trigger.manual, next: call}
  call: {kind: flow.sub_workflow, config: {workflow: child}}
"""
ASKS = """\
id: asks
nodes:
  start: {kind: trigger.manual, next: ask}
  ask: {kind: action.http_request, config: {url: "URL", allow_private: true}, retry: {attempts: 1}}
"""


@pytest.fixture
def settings(settings, monkeypatch):
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")
    return settings.model_copy(update={"traces": True})


@pytest.fixture
def spans(lab):
    exporter = InMemorySpanExporter()
    lab.parts.trace_to(exporter)
    return lambda: {span.name: span for span in exporter.get_finished_spans()}


def run(lab, text, **start):
    path = lab.root / "one.flow.yaml"
    path.write_text(text)
    return lab.run(path, **start)


def is_below(span, parent):
    is_one = span.context.trace_id == parent.context.trace_id
    return is_one and span.parent.span_id == parent.context.span_id


def test_an_execution_its_visits_and_attempts_are_one_tree(lab, spans):
    run(lab, FLAKY)

    found = spans()
    assert found["flaky"].parent is None
    assert is_below(found["try"], found["flaky"])
    assert is_below(found["try attempt 1"], found["try"])
    assert is_below(found["try attempt 2"], found["try"])
    assert found["try attempt 1"].attributes["error.type"] == "test.broken"
    assert found["try"].status.is_ok
    assert all(span.end_time >= span.start_time for span in found.values())


def test_a_called_workflow_hangs_below_the_attempt_that_called_it(lab, spans):
    (lab.root / "child.flow.yaml").write_text(CHILD)

    run(lab, CALLS)

    found = spans()
    assert is_below(found["child"], found["call attempt 1"])


def test_an_execution_belongs_to_the_trace_it_was_started_with(lab, spans):
    run(lab, CHILD, trace=OUTER)

    found = spans()
    assert f"{found['child'].context.trace_id:032x}" == OUTER.split("-")[1]
    assert f"{found['child'].parent.span_id:016x}" == OUTER.split("-")[2]


@pytest.mark.parametrize("trace", ["nonsense", OUTER.replace("b7ad6b7169203331", "0" * 16), "00-"])
def test_a_traceparent_that_is_none_starts_a_trace_of_its_own(lab, spans, trace):
    outcome = run(lab, CHILD, trace=trace)

    assert outcome.status == "succeeded"
    assert spans()["child"].parent is None


def ask(lab):
    async def asked():
        async with LocalServer() as server:
            server.tell("/", Reply(body=b"{}", headers={"Connection": "close"}))
            await asyncio.to_thread(run, lab, ASKS.replace("URL", server.url("/")))
            return server.received

    return asyncio.run(asked())


def test_a_request_carries_the_trace_on_and_is_a_span_of_its_attempt(lab, spans):
    [received] = ask(lab)

    found = spans()
    call = next(span for name, span in found.items() if name.startswith("GET "))
    assert is_below(call, found["ask attempt 1"])
    trace_id, span_id = f"{call.context.trace_id:032x}", f"{call.context.span_id:016x}"
    assert received.headers["traceparent"] == f"00-{trace_id}-{span_id}-01"


class TestOff:
    @pytest.fixture
    def settings(self, settings):
        return settings.model_copy(update={"traces": False})

    def test_nothing_is_told_to_others_by_default(self, lab):
        [received] = ask(lab)

        assert "traceparent" not in received.headers
