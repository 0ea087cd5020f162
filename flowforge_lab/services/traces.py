"""OpenTelemetry spans, made of the events of executions as they are acknowledged."""

from collections.abc import Mapping
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from flowforge_lab.clients import CallSpan
from flowforge_lab.engine import Trace
from flowforge_lab.events import (
    AttemptFailed,
    Entry,
    ErrorDetail,
    ExecutionFinished,
    ExecutionResumed,
    ExecutionStarted,
    VisitCancelled,
    VisitFailed,
    VisitSucceeded,
)

_MAX_KNOWN = 100_000
_SCOPE = InstrumentationScope("flowforge_lab")
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_End = VisitSucceeded | VisitFailed | VisitCancelled


class Traces:
    """A reader of the feed: a span for each execution, visit, attempt and HTTP request.

    The ids come from those of the execution, so spans from before and after a crash fit. `find_trace` gives
    the traceparent with which an execution was started that was taken over.
    """

    def __init__(self, processor: SpanProcessor, find_trace: Any) -> None:
        self._processor = processor
        self._find_trace = find_trace
        self._resource = Resource.create({"service.name": "flowforge"})
        self._traces: dict[str, Trace] = {}

    def note(self, entry: Entry) -> None:
        """Make the spans that end with an event."""
        event = entry.event
        trace = self._trace_of(entry)
        match event:
            case AttemptFailed():
                self._attempt(trace, event, event.attempt, at=entry.at)
            case VisitSucceeded() | VisitFailed() | VisitCancelled():
                self._visit(trace, event, entry.at)
            case ExecutionFinished():
                self._execution(trace, event, entry.at)

    def note_call(self, call: CallSpan) -> None:
        """Make the span of an HTTP request."""
        _, trace_id, parent, _ = call.parent.split("-")
        facts = {"http.request.method": call.method, "server.address": call.host}
        if call.status:
            facts["http.response.status_code"] = str(call.status)
        self._send(
            f"{call.method} {call.host}",
            (trace_id, call.span_id, parent),
            (call.started_at, call.ended_at),
            kind=SpanKind.CLIENT,
            facts=facts,
            error=ErrorDetail(call.error, call.error) if call.error else None,
        )

    def close(self) -> None:
        """Send what is left."""
        self._processor.shutdown()

    def _trace_of(self, entry: Entry) -> Trace:
        known = self._traces.get(entry.execution_id)
        if known is not None:
            return known
        event = entry.event
        told = event.trace if isinstance(event, ExecutionStarted) else ""
        if isinstance(event, ExecutionResumed):
            told = self._find_trace(entry.execution_id)
        trace = Trace.of(entry.execution_id, told)
        if len(self._traces) >= _MAX_KNOWN:
            self._traces.pop(next(iter(self._traces)))
        self._traces[entry.execution_id] = trace
        return trace

    def _attempt(self, trace: Trace, event: Any, number: int, *, at: int) -> None:
        ids = (trace.trace_id, trace.span(event.visit, number), trace.span(event.visit))
        began = getattr(event, "last_attempt_at", 0) or event.started_at
        facts = {"flowforge.node": event.node, "flowforge.attempt": number}
        error = getattr(event, "error", None)
        name = f"{event.node} attempt {number}"
        self._send(name, ids, (began * 1000, at * 1000), facts=facts, error=error)

    def _visit(self, trace: Trace, event: _End, at: int) -> None:
        self._attempt(trace, event, max(event.attempts, 1), at=at)
        ids = (trace.trace_id, trace.span(event.visit), trace.span())
        facts = {
            "flowforge.execution_id": trace.execution_id,
            "flowforge.node": event.node,
            "flowforge.kind": event.kind,
            "flowforge.visit": event.visit,
        }
        error = event.error if isinstance(event, VisitFailed) else None
        self._send(event.node, ids, (event.started_at * 1000, at * 1000), facts=facts, error=error)

    def _execution(self, trace: Trace, event: ExecutionFinished, at: int) -> None:
        self._traces.pop(trace.execution_id, None)
        ids = (trace.trace_id, trace.span(), trace.parent)
        facts = {
            "flowforge.execution_id": trace.execution_id,
            "flowforge.workflow_id": event.workflow_id,
            "flowforge.trigger": event.trigger,
            "flowforge.status": event.status,
        }
        times = (event.started_at * 1000, at * 1000)
        kind = SpanKind.SERVER
        self._send(event.workflow_id, ids, times, kind=kind, facts=facts, error=event.error)

    def _send(  # the parts of a span
        self,
        name: str,
        ids: tuple[str, str, str],
        times: tuple[int, int],
        *,
        facts: Mapping[str, Any],
        error: ErrorDetail | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
    ) -> None:
        trace_id, span_id, parent = ids
        began, ended = times
        status = Status(StatusCode.ERROR, error.title) if error else Status(StatusCode.OK)
        span = ReadableSpan(
            name=name,
            context=_context(trace_id, span_id),
            parent=_context(trace_id, parent, is_remote=kind is SpanKind.SERVER)
            if parent
            else None,
            resource=self._resource,
            attributes={**facts, **({"error.type": error.type} if error else {})},
            kind=kind,
            status=status,
            start_time=began,
            end_time=max(ended, began),
            instrumentation_scope=_SCOPE,
        )
        self._processor.on_end(span)


def _context(trace_id: str, span_id: str, *, is_remote: bool = False) -> SpanContext:
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote, trace_flags=_SAMPLED)
