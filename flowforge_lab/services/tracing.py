"""Traces, from when somebody wants them: until then they cost nothing."""

from collections.abc import Callable
from typing import TYPE_CHECKING  # noqa: TID251  # hides no cycle: the library is an extra

from flowforge_lab.clients import listen_to_calls

from .feed import Feed

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.sdk.trace.export import SpanExporter


def send_traces(
    feed: Feed, exporter: "SpanExporter", find_trace: Callable[[str], str], *, is_late: bool
) -> Callable[[], None]:
    """Let spans go to an exporter, in batches if it may be late, until the function returned is called."""
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor

    from .traces import Traces

    processor: SpanProcessor = (BatchSpanProcessor if is_late else SimpleSpanProcessor)(exporter)
    traces = Traces(processor, find_trace)
    ends = [feed.subscribe(traces.note), listen_to_calls(traces.note_call), traces.close]

    def stop() -> None:
        for end in ends:
            end()

    return stop
