"""Server-sent events: what a stream begins with, how it goes on, and when it is given up."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, TypeVar

from fastapi import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from flowforge_lab.events import ExecutionFinished
from flowforge_lab.lab import Parts
from flowforge_lab.services import to_json
from flowforge_lab.store import ExecutionHead

from .access import Access, Caller, caller_of
from .hub import Fallen, Hub, Live
from .wire import event_of

HEARTBEAT_SECONDS = 15.0
SLOW_SECONDS = 10.0
"""So long a client may take to read what was sent; then its connection is cut, and it may come back."""
ABORT = "flowforge.abort"
T = TypeVar("T")
_AT_ONCE = 50
_END = b"event: end\ndata: {}\n\n"
BEAT = b": still here\n\n"
_RETRY = b"retry: 1000\n\n"
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]
_CATCH_UP = """select id, workflow_id, execution_id, seq, happened_at, payload from events
  where $workflow_id in (workflow_id, '') and id > $after order by id limit 5000"""


class EventStream(Response):
    """An answer that goes on until its source ends, its reader leaves, or falls too far behind."""

    def __init__(self, source: AsyncIterator[bytes], is_allowed: Callable[[], bool]) -> None:
        super().__init__()
        self._source = source
        self._is_allowed = is_allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it all."""
        async with aclosing(self._source) as source:  # type: ignore[type-var]  # async generators have aclose
            pumping = asyncio.ensure_future(self._pump(source, send))  # noqa: TID251  # ends with this call
            leaving = asyncio.ensure_future(_until_gone(receive))  # noqa: TID251  # as the other
            try:
                await asyncio.wait((pumping, leaving), return_when=asyncio.FIRST_COMPLETED)
                if pumping.done() and not pumping.result():
                    scope.get(ABORT, _nothing)()
            finally:
                for task in (pumping, leaving):
                    task.cancel()
                await asyncio.gather(pumping, leaving, return_exceptions=True)

    async def _pump(self, source: AsyncIterator[bytes], send: Send) -> bool:
        """Send until the end; false where the reader does not keep up."""
        try:
            async with asyncio.timeout(SLOW_SECONDS):
                start = {"type": "http.response.start", "status": 200, "headers": _HEADERS}
                await send(start)
                await _send(send, _RETRY)
            async for text in source:
                if not self._is_allowed():
                    break
                async with asyncio.timeout(SLOW_SECONDS):
                    await _send(send, text)
                await asyncio.sleep(0)  # noqa: TID251  # a send that need not wait lets nobody else in
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            return False
        return True


async def _send(send: Send, text: bytes) -> None:
    await send({"type": "http.response.body", "body": text, "more_body": True})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _nothing() -> None:
    """Stand in for a way to cut the connection where the server gives none."""


def last_event_id(request: Request) -> int:
    """Return behind which event a client comes back; -1 where it comes for the first time."""
    text = request.headers.get("last-event-id", "") or request.query_params.get("after", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1  # noqa: PLR2004  # 64 bits


async def stream_execution(request: Request, head: ExecutionHead) -> Response:
    """Return the events of one execution, from the first or behind `Last-Event-ID`, to its end.

    Who comes back with the last of them is told to come no more (204).
    """
    after = max(last_event_id(request), 0)
    parts, hub = _around(request)
    if after and head.is_finished:
        entries = await parts.executions.entries(head.id)
        if entries and after >= entries[-1].seq:
            return Response(status_code=204)
    return _stream(request, head.workflow_id, _of_execution(parts, hub, head.id, after=after))


def stream_workflow(request: Request, workflow_id: str) -> Response:
    """Return the events of all executions of a workflow from now on, or behind `Last-Event-ID`.

    Those of all workflows that the caller may see where the id is empty.
    """
    after = last_event_id(request)
    sight = Sight(request.app.state.access, caller_of(request.scope), workflow_id)
    source = _of_workflow(*_around(request), sight, after=after)
    return EventStream(source, sight.is_open)


class Sight:
    """What somebody sees of a workflow, or of all where its id is empty, as long as they may."""

    def __init__(self, access: Access, caller: Caller, workflow_id: str) -> None:
        self.workflow_id = workflow_id
        self._access = access
        self._caller = caller

    def is_open(self) -> bool:
        """Whether they may look at all."""
        now = self._access.renew(self._caller)
        if now is None or self.workflow_id:
            return now is not None and now.may("viewer", self.workflow_id)
        return now.may_somewhere("viewer")

    def among(self) -> Callable[[str], bool]:
        """Return what tells of a workflow whether they may see it now; of the one of this, `is_open` does."""
        if self.workflow_id:
            return lambda _workflow_id: True
        now = self._access.renew(self._caller)
        return lambda workflow_id: now is not None and now.may("viewer", workflow_id)


def _around(request: Request) -> tuple[Parts, Hub]:
    return request.app.state.parts, request.app.state.hub


def _stream(request: Request, workflow_id: str, source: AsyncIterator[bytes]) -> Response:
    access: Access = request.app.state.access
    caller: Caller = caller_of(request.scope)
    return EventStream(source, lambda: access.still_sees(caller, workflow_id))


async def _of_execution(
    parts: Parts, hub: Hub, execution_id: str, *, after: int
) -> AsyncIterator[bytes]:
    stream = await hub.subscribe(execution_id=execution_id)
    try:
        entries = await parts.executions.entries(execution_id)
        while True:
            missed = [entry for entry in entries if entry.seq > after]
            for some in _batches(missed):
                yield b"".join(_frame(entry.seq, to_json(event_of(entry))) for entry in some)
                after = some[-1].seq
            is_over = bool(entries) and isinstance(entries[-1].event, ExecutionFinished)
            has_gap = False
            while not is_over and not has_gap:
                found = await stream.take(patience=HEARTBEAT_SECONDS)
                fresh, has_gap = _following(found, after)
                text = b"".join(_frame(one.entry.seq, one.data) for one in fresh)
                if text or not found:
                    yield text or BEAT
                after = fresh[-1].entry.seq if fresh else after
                is_over = bool(fresh) and isinstance(fresh[-1].entry.event, ExecutionFinished)
            if is_over:
                yield _END
                return
            entries = await parts.executions.entries(execution_id)
    except Fallen:
        return
    finally:
        hub.leave(stream)


def _following(found: Sequence[Live], after: int) -> tuple[list[Live], bool]:
    """Return the events that come next, each once, and whether one went by that the journal has."""
    fresh: list[Live] = []
    for one in found:
        if one.entry.seq == after + 1:
            fresh.append(one)
            after += 1
        elif one.entry.seq > after:
            return fresh, True
    return fresh, False


async def _of_workflow(
    parts: Parts, hub: Hub, sight: Sight, *, after: int
) -> AsyncIterator[bytes]:
    stream = await hub.subscribe(workflow_id=sight.workflow_id)
    told_at = parts.clock.monotonic()
    try:
        yield BEAT  # what comes from now on is in it
        if after >= 0:
            async for rows in _missed(parts, sight.workflow_id, after):
                is_seen = sight.among()
                for some in _batches([row for row in rows if is_seen(row["workflow_id"])]):
                    yield b"".join(_frame(row["id"], _told(row)) for row in some)
                after = rows[-1]["id"]
        while True:
            found = await stream.take(patience=HEARTBEAT_SECONDS)
            is_seen = sight.among()
            fresh = [one for one in found if one.position > after and is_seen(one.workflow_id)]
            if fresh or parts.clock.monotonic() - told_at >= HEARTBEAT_SECONDS or not found:
                yield b"".join(_frame(one.position, one.data) for one in fresh) or BEAT
                told_at = parts.clock.monotonic()
            after = max([after, *(one.position for one in found)])
    except Fallen:
        return
    finally:
        hub.leave(stream)


async def _missed(
    parts: Parts, workflow_id: str, after: int
) -> AsyncIterator[list[dict[str, Any]]]:
    """Yield what came behind a position, sealed or not, up to what is acknowledged now."""
    while True:
        params = {"workflow_id": workflow_id, "after": after}
        rows = await asyncio.to_thread(parts.store.history.rows, _CATCH_UP, params)
        if not rows:
            return
        yield rows
        after = rows[-1]["id"]


def _told(row: Mapping[str, Any]) -> bytes:
    return to_json(
        {
            "execution_id": row["execution_id"],
            "seq": row["seq"],
            "at": row["happened_at"],
            "event": json.loads(row["payload"]),
        }
    )


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield items in parts: between two of them others have their turn."""
    for start in range(0, len(items), _AT_ONCE):
        yield items[start : start + _AT_ONCE]


def _frame(id: int, data: bytes) -> bytes:
    return b"id: %d\ndata: %s\n\n" % (id, data)
