"""The ids of a trace, worked out from the ids of executions: the same in every process."""

import re
from hashlib import blake2b

import msgspec

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")


class Trace(msgspec.Struct, frozen=True):
    """The trace an execution belongs to; `parent` is the span that started it, empty where nothing did."""

    execution_id: str
    trace_id: str
    parent: str = ""

    @classmethod
    def of(cls, execution_id: str, traceparent: str = "") -> "Trace":
        """Return the trace of an execution that was started with a traceparent, or without."""
        found = _TRACEPARENT.fullmatch(traceparent)
        if found is None:
            return cls(execution_id, _digest(execution_id, 16))
        return cls(execution_id, found[1], found[2])

    def span(self, visit: int = 0, attempt: int = 0) -> str:
        """Return the id of a span: of the execution, of a visit, or of an attempt."""
        return _digest(f"{self.execution_id}/{visit}/{attempt}", 8)

    def header(self, visit: int, attempt: int) -> str:
        """Return the traceparent for what an attempt calls."""
        return f"00-{self.trace_id}-{self.span(visit, attempt)}-01"


def accepted(traceparent: str) -> str:
    """Return a traceparent, or nothing where a text is none: a wrong header stops no start."""
    found = _TRACEPARENT.fullmatch(traceparent.strip().lower())
    is_one = found is not None and int(found[1], 16) and int(found[2], 16)
    return traceparent.strip().lower() if is_one else ""


def _digest(text: str, size: int) -> str:
    return blake2b(text.encode(), digest_size=size).hexdigest()
