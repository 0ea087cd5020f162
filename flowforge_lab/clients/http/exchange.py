"""One request out and one answer back, within its time and size."""

import asyncio
import time

import httpx
import msgspec

from .failures import failure_of, too_large
from .message import HttpResponse


class Exchange(msgspec.Struct, frozen=True):
    """An answer, and where it sends us if it is a redirect."""

    response: HttpResponse
    following: httpx.Request | None


async def exchange(
    client: httpx.AsyncClient, request: httpx.Request, *, seconds: float, max_bytes: int
) -> Exchange:
    """Send the request and read the whole answer.

    Raises: NodeError: no answer in time, no connection, an answer that is cut off, packed wrongly
            or over `max_bytes` (counted after unpacking; the rest is not read).
    """
    started = time.perf_counter()
    try:
        async with asyncio.timeout(seconds):
            response = await client.send(request, stream=True)
            try:
                content = await _read(response, max_bytes)
            finally:
                await response.aclose()
    except (TimeoutError, httpx.HTTPError, httpx.InvalidURL) as error:
        raise failure_of(error, request.url, seconds=seconds) from error
    answer = HttpResponse(
        status=response.status_code,
        reason=response.reason_phrase,
        headers=dict(response.headers),
        url=str(response.url),
        content=content,
        elapsed=time.perf_counter() - started,
    )
    return Exchange(answer, response.next_request)


async def _read(response: httpx.Response, max_bytes: int) -> bytes:
    declared = response.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > max_bytes and response.request.method != "HEAD":
        raise too_large(response.url, max_bytes)
    parts: list[bytes] = []
    total = 0
    async for part in response.aiter_bytes():
        total += len(part)
        if total > max_bytes:
            raise too_large(response.url, max_bytes)
        parts.append(part)
    return b"".join(parts)
