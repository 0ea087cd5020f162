"""Values on their way to the journal and back: small ones inside the event, big ones and frames beside it."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from flowforge_lab.errors import NodeError, StoreError
from flowforge_lab.values import NOT_PLAIN, Frame, copy_plain, decode, encode, normalise

from .ports import Blobs

_encoder = msgspec.json.Encoder()
_BLOB = "$blob"


class Packed(msgspec.Struct, frozen=True):
    """A value as it flows, its journal form, and the size of that in bytes."""

    value: Any
    form: Any
    size_bytes: int


class Payloads:
    """Packs values for events, and unpacks them again."""

    def __init__(self, blobs: Blobs, *, inline_bytes: int, max_payload_bytes: int) -> None:
        self._blobs = blobs
        self._inline_bytes = inline_bytes
        self._max_payload_bytes = max_payload_bytes

    async def pack(self, value: Any, *, clean: Callable[[Any], Any] | None = None) -> Packed:
        """Return `value` ready for an event; frames and big values are on disk when this returns.

        `clean` is applied to the normalised value before anything of it is written.

        Raises:
            NodeError: the value cannot flow, or is larger than the limit.
        """
        flowing, text = copy_plain(value)
        form = flowing
        if flowing is NOT_PLAIN:
            flowing, form = await self._written(value, clean)
            text = _encoder.encode(form)
        elif clean is not None and (cleaned := clean(flowing)) is not flowing:
            flowing = form = cleaned
            text = _encoder.encode(form)
        if len(text) > self._inline_bytes:
            form = await self._beside(flowing, text)
        return Packed(flowing, form, len(text))

    async def _written(self, value: Any, clean: Callable[[Any], Any] | None) -> tuple[Any, Any]:
        """Return what is more than JSON as it flows and in journal form."""
        try:
            flowing = normalise(value)
        except TypeError as error:
            raise NodeError(str(error), type="outputs.invalid", is_transient=False) from error
        if clean is not None:
            flowing = clean(flowing)
        if any(True for _ in _frames_in(flowing)):
            flowing = await self._with_frames_stored(flowing)
        return flowing, encode(flowing)

    async def _beside(self, flowing: Any, text: bytes) -> Any:
        """Store a big value as a blob and return what stands for it in the event."""
        if len(text) > self._max_payload_bytes:
            raise self._too_large(len(text))
        blob: dict[str, Any] = {"digest": await asyncio.to_thread(self._blobs.put, text)}
        blob["bytes"] = len(text)
        if frames := list(_frames_in(flowing)):
            blob["frames"] = [encode(frame) for frame in frames]  # so that no sweep takes them
        return {_BLOB: blob}

    def unpack(self, form: Any) -> Any:
        """Return the value of a journal form; frames come back lazy."""
        if isinstance(form, dict) and len(form) == 1 and _BLOB in form:
            form = msgspec.json.decode(self._blobs.get(form[_BLOB]["digest"]))
        return decode(form, self._blobs.get)

    async def _with_frames_stored(self, value: Any) -> Any:
        try:
            return await asyncio.to_thread(self._store_frames, value)
        except StoreError:
            raise
        except Exception as error:
            title = "a data frame in the outputs cannot be stored"
            raise NodeError(
                title, type="outputs.invalid", detail=str(error), is_transient=False
            ) from error

    def _store_frames(self, value: Any) -> Any:
        if isinstance(value, Frame):
            return value if value.digest else value.stored(self._blobs.put(value.to_parquet()))
        if isinstance(value, list):
            return [self._store_frames(item) for item in value]
        if isinstance(value, dict):
            return {key: self._store_frames(item) for key, item in value.items()}
        return value

    def _too_large(self, size_bytes: int) -> NodeError:
        return NodeError(
            "the value is too large",
            type="payload.too_large",
            detail=f"{size_bytes:,} bytes, at most {self._max_payload_bytes:,} may flow along an edge;"
            " use a data frame or a file",
            is_transient=False,
        )


def _frames_in(value: Any) -> Iterator[Frame]:
    if isinstance(value, Frame):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _frames_in(item)
