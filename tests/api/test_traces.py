"""What starts an execution over HTTP may name the trace that the execution belongs to."""

import pytest

pytest.importorskip("opentelemetry.sdk")
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from .conftest import Served, make_folder

OUTER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE_ID, SPAN_ID = OUTER.split("-")[1:3]
HOOK = """\
nodes:
  in: {kind: trigger.webhook, config: {answer: with_result}, next: done}
  done: {kind: flow.end, config: {result: "1"}}
"""
CALLS = """\
nodes:
  in: {kind: trigger.webhook, config: {answer: with_result}, next: ask}
  ask:
    kind: action.http_request
    config: {method: POST, url: "URL", allow_private: true}
    retry: {attempts: 1}
"""


@pytest.fixture(scope="module")
def traced(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_TRACES_EXPORTER", "none")
        with Served(make_folder(tmp_path_factory.mktemp("traced")), traces=True) as lab:
            lab.write("hook", HOOK)
            yield lab


@pytest.fixture
def spans(traced):
    exporter = InMemorySpanExporter()

    async def tell():
        traced.parts.trace_to(exporter)

    traced.run(tell())
    return lambda: {span.name: span for span in exporter.get_finished_spans()}


@pytest.mark.slow
def test_an_execution_that_a_webhook_starts_is_below_the_span_that_called_it(traced, spans):
    answer = traced.http.post("/api/webhooks/hook", headers={"traceparent": OUTER})

    span = spans()["hook"]
    assert answer.status_code == 200
    assert f"{span.context.trace_id:032x}" == TRACE_ID
    assert f"{span.parent.span_id:016x}" == SPAN_ID
    assert span.parent.is_remote


def test_an_execution_that_rest_starts_is_below_the_span_that_called_it(traced, spans):
    body = {"workflow_id": "hello", "wait": 10}
    traced.http.post("/api/executions", json=body, headers={"Traceparent": OUTER})

    found = spans()
    assert f"{found['hello'].parent.span_id:016x}" == SPAN_ID
    assert {f"{span.context.trace_id:032x}" for span in found.values()} == {TRACE_ID}


@pytest.mark.slow
@pytest.mark.parametrize(
    "header",
    ["nonsense", "", "00-" + "0" * 32 + "-b7ad6b7169203331-01", f"{OUTER}, {OUTER}", "9" * 4000],
)
def test_a_header_that_is_no_traceparent_stops_no_start(traced, spans, header):
    headers = {"traceparent": header}
    answers = [
        traced.http.post("/api/webhooks/hook", headers=headers).status_code,
        traced.http.post(
            "/api/executions", json={"workflow_id": "hello", "wait": 10}, headers=headers
        ).status_code,
    ]

    assert answers == [200, 201]
    assert [spans()[name].parent for name in ("hook", "hello")] == [None, None]


@pytest.mark.slow
def test_a_trace_goes_through_a_workflow_to_the_one_that_it_calls(traced, spans):
    traced.write("calls", CALLS.replace("URL", f"{traced.url}/api/webhooks/hook"))
    traced.http.post("/api/webhooks/calls", headers={"traceparent": OUTER})

    found = spans()
    call = next(span for name, span in found.items() if name.startswith("POST "))
    assert found["hook"].parent.span_id == call.context.span_id
    assert call.parent.span_id == found["ask attempt 1"].context.span_id
    assert {f"{span.context.trace_id:032x}" for span in found.values()} == {TRACE_ID}
