"""Where the traces of a lab go: as OpenTelemetry's own variables say, or to an exporter at hand."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING  # noqa: TID251  # hides no cycle: the library is an extra

from flowforge_lab.clients import listen_to_calls
from flowforge_lab.errors import SettingsError
from flowforge_lab.services import Feed

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.sdk.trace.export import SpanExporter


def default_exporter() -> "SpanExporter | None":
    """Return the exporter for OTLP over HTTP; `None` where `OTEL_TRACES_EXPORTER` is `none`.

    Raises:
        SettingsError: the libraries are not installed.
    """
    if os.environ.get("OTEL_TRACES_EXPORTER") == "none":
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError as error:
        msg = "traces = true needs OpenTelemetry: pip install flowforge-lab[otel]"
        raise SettingsError(msg) from error
    return OTLPSpanExporter()


def send_traces(
    feed: Feed, exporter: "SpanExporter", find_trace: Callable[[str], str], *, is_late: bool
) -> Callable[[], None]:
    """Let spans go to an exporter, in batches if it may be late, until the function returned is called."""
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor

    from flowforge_lab.services.traces import Traces

    processor: SpanProcessor = (BatchSpanProcessor if is_late else SimpleSpanProcessor)(exporter)
    traces = Traces(processor, find_trace)
    ends = [feed.subscribe(traces.note), listen_to_calls(traces.note_call), traces.close]

    def stop() -> None:
        for end in ends:
            end()

    return stop
