"""Files to people: from the workflow's folder, from an earlier step, by address, or by Telegram's id."""

import asyncio
import mimetypes
from pathlib import Path, PurePath
from typing import Any, Self

from pydantic import Field, model_validator

from flowforge_lab.clients import MAX_CAPTION, Upload, path_inside, split
from flowforge_lab.errors import NodeError
from flowforge_lab.nodes.contract import Attempt
from flowforge_lab.nodes.fields import DataFile, Url

from .keyboards import InlineButton, inline_keyboard
from .places import place_of
from .texts import Sent, TextFields, marked_text, part_of, send_parts, source_of

MAX_BYTES = {"photo": 10_000_000, "video": 50_000_000, "document": 50_000_000}


class FileFields(TextFields):
    """A file with a caption, and buttons under it. The text is the caption."""

    path: DataFile = Field(
        default="",
        description="The file: relative to the workflow's folder, or one that a step kept.",
        examples=["report.pdf"],
    )
    content: Any = Field(
        default=None,
        description="In place of a path: bytes from an earlier step.",
        examples=["{{ nodes.fetch.body }}"],
    )
    name: str = Field(default="", description="The name it gets; by default that of the path.")
    url: Url = Field(
        default="",
        description="In place of a path: an address that Telegram fetches it from.",
        examples=["https://example.org/photo.jpg"],
    )
    file_id: str = Field(
        default="",
        description="In place of a path: the id that Telegram gave the file before.",
        examples=["{{ trigger.file_id }}"],
    )
    buttons: list[list[InlineButton]] = Field(
        default_factory=list, description="Rows of buttons under it."
    )

    @model_validator(mode="after")
    def _names_one_file(self) -> Self:
        given = [
            name
            for name in ("path", "content", "url", "file_id")
            if getattr(self, name) not in (None, "")
        ]
        if len(given) != 1:
            found = " and ".join(given) or "none"
            msg = f"expected one of path, content, url and file_id, found {found}"
            raise ValueError(msg)
        return self


async def send_file(attempt: Attempt, fields: FileFields, *, kind: str) -> Sent:
    """Send the file as a `photo`, `video` or `document`.

    What does not fit into its caption follows as text.

    Raises:
        NodeError: there is no such file (`file.*`), it is too large (`telegram.too_large`), or Telegram
            refuses it.
    """
    place = place_of(attempt, fields)
    given, files = await _given(attempt, fields, kind)
    marked = marked_text(fields)
    calls: list[tuple[str, dict[str, Any]]] = []
    method = f"send{kind.title()}"
    if marked.size <= MAX_CAPTION:
        calls.append((method, {kind: given, **source_of(fields, "caption")}))
    else:
        first, *_ = split(marked, limit=MAX_CAPTION)
        start = marked.text.index(first.text) + len(first.text)
        rest = split(marked.cut(start, len(marked.text)))
        calls.append((method, {kind: given, **part_of(first, "caption")}))
        calls += [("sendMessage", part_of(part, "text")) for part in rest]
    markup = inline_keyboard(fields.buttons)
    return await send_parts(attempt, place, calls, fields=fields, markup=markup, files=files)


async def _given(
    attempt: Attempt, fields: FileFields, kind: str
) -> tuple[str, dict[str, Upload] | None]:
    if fields.url or fields.file_id:
        return fields.url or fields.file_id, None
    if fields.path:
        path = _found(attempt, fields.path)
        content = await asyncio.to_thread(path.read_bytes)
        name = fields.name or path.name
    else:
        content, name = _bytes(fields.content), fields.name or kind
    if len(content) > MAX_BYTES[kind]:
        title = f"{name} has {len(content):,} bytes; a {kind} may have {MAX_BYTES[kind]:,}"
        raise NodeError(title, type="telegram.too_large", is_transient=False)
    type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return "attach://file", {"file": Upload(name, content, type)}


def _found(attempt: Attempt, path: str) -> Path:
    """Return a file of the workflow's folder, or one that a step of this execution kept."""
    kept = attempt.artifacts.parent
    if PurePath(path).is_absolute() and PurePath(path).is_relative_to(kept):
        return path_inside(kept, str(PurePath(path).relative_to(kept)))
    return path_inside(attempt.folder, path)


def _bytes(content: Any) -> bytes:
    if isinstance(content, bytes):
        return content
    if isinstance(content, str):
        return content.encode()
    title = f"expected bytes or text to send as a file, found {type(content).__name__}"
    raise NodeError(title, type="telegram.no_file", is_transient=False)
