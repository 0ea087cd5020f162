"""Which attempt a request comes from: told to the other side, and to whoever listens to requests."""

import os
import time
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar

import msgspec

_HEADER = "traceparent"
_NANO = 1_000_000_000


class CallSpan(msgspec.Struct, frozen=True):
    """A request that was made: `parent` is the traceparent of the attempt, times are nanoseconds (1970)."""

    parent: str
    span_id: str
    method: str
    host: str
    started_at: int
    ended_at: int
    status: int = 0
    error: str = ""


_current: ContextVar[str] = ContextVar("traceparent", default="")
_listeners: list[Callable[[CallSpan], None]] = []


@contextmanager
def traced(traceparent: str) -> Iterator[None]:
    """Let requests made meanwhile, in this task and those it starts, belong to an attempt."""
    token = _current.set(traceparent)
    try:
        yield
    finally:
        _current.reset(token)


def listen_to_calls(listener: Callable[[CallSpan], None]) -> Callable[[], None]:
    """Call `listener` for each request that belongs to an attempt, until the function returned is called."""
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


@contextmanager
def call_span(
    method: str, host: str, headers: MutableMapping[str, str]
) -> Iterator[Callable[[int], None]]:
    """Note a request; the function given takes the status of its answer. Costs nothing outside a trace."""
    parent = _current.get()
    if not parent:
        yield _nothing
        return
    span_id, started, statuses = os.urandom(8).hex(), _now(), [0]
    if _HEADER not in headers:
        version, trace, _, flags = parent.split("-")
        headers[_HEADER] = f"{version}-{trace}-{span_id}-{flags}"
    error = ""
    try:
        yield statuses.append
    except BaseException as fault:
        error = type(fault).__name__
        raise
    finally:
        span = CallSpan(parent, span_id, method, host, started, _now(), statuses[-1], error)
        for listener in _listeners:
            listener(span)


def _nothing(_status: int) -> None:
    """Take no note."""


def _now() -> int:
    return time.time_ns()
