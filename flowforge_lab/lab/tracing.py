"""Where the traces of a lab go: as OpenTelemetry's own variables say."""

import os
from typing import TYPE_CHECKING  # noqa: TID251  # hides no cycle: the library is an extra

from flowforge_lab.errors import SettingsError

if TYPE_CHECKING:
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
