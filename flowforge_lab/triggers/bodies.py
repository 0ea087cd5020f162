"""The body of a request, read by its content type."""

import io
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from .calls import Call, CallError

_MAX_FIELDS = 10_000
_CHARSETS = frozenset(
    (
        "utf-8",
        "us-ascii",
        "ascii",
        "iso-8859-1",
        "latin-1",
        "windows-1252",
        "windows-1251",
        "utf-16",
    )
)
"""Python knows others, of which some take a square of the time that their text is long."""


class Parsed(msgspec.Struct, frozen=True):
    """A body as the workflow sees it, and the files in it by field."""

    body: Any = None
    files: dict[str, Any] = {}


def read_body(call: Call, how: str) -> Parsed:
    """Return the body; `how` is `auto`, `json`, `form` or `raw`.

    Raises:
        CallError: it is not what its content type says.
    """
    if not call.body:
        return Parsed()
    match how if how != "auto" else _kind_of(call):
        case "json":
            return Parsed(_json(call.body))
        case "form":
            is_multipart = _content_type(call) == "multipart/form-data"
            return _multipart(call) if is_multipart else Parsed(read_pairs(call.body))
        case "text":
            return Parsed(_text(call))
    return Parsed(call.body)


def _content_type(call: Call) -> str:
    return call.header("content-type").partition(";")[0].strip().lower()


def _kind_of(call: Call) -> str:
    """Return how a body is read by its content type."""
    kind = _content_type(call)
    if kind == "application/json" or kind.endswith("+json"):
        return "json"
    if kind in {"multipart/form-data", "application/x-www-form-urlencoded"}:
        return "form"
    return "text" if kind.startswith("text/") else "raw"


def read_pairs(text: bytes) -> dict[str, Any]:
    """Return the pairs of a query or a form; a name that comes twice has a list.

    Raises:
        CallError: there are too many.
    """
    try:
        pairs = parse_qsl(
            text.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MAX_FIELDS
        )
    except ValueError as error:
        raise CallError(400, "webhook.body", f"the fields cannot be read: {error}") from error
    return gathered(pairs)


def gathered(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return pairs as a mapping; a name that comes twice has a list."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        msg = f"the body is not JSON: {str(error)[:200]}"
        raise CallError(400, "webhook.body", msg) from error


def _text(call: Call) -> str | bytes:
    """Return text in its charset, or the bytes where they are not of it."""
    _, _, options = call.header("content-type").partition("charset=")
    charset = options.partition(";")[0].strip("\"' ").lower() or "utf-8"
    try:
        return call.body.decode(charset) if charset in _CHARSETS else call.body
    except UnicodeError:
        return call.body


def _multipart(call: Call) -> Parsed:
    from python_multipart import parse_form
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import parse_options_header

    fields: list[tuple[str, Any]] = []
    files: list[tuple[str, Any]] = []

    def keep_field(field: Any) -> None:
        name, value = _name(field.field_name), (field.value or b"").decode("utf-8", "replace")
        fields.append((name, value))
        _refuse_many(len(fields))

    def keep_file(file: Any) -> None:
        files.append((_name(file.field_name), _file(file)))
        _refuse_many(len(files))

    kind = call.header("content-type").encode("latin-1")
    _, options = parse_options_header(kind)
    if not call.body.rstrip().endswith(b"--" + options.get(b"boundary", b"\0") + b"--"):
        raise CallError(
            400, "webhook.body", "the body is not multipart: its last boundary is missing"
        )
    headers = {"Content-Type": kind}
    try:
        parse_form(headers, io.BytesIO(call.body), keep_field, keep_file)
    except (FormParserError, ValueError, UnicodeError) as error:
        msg = f"the body is not multipart: {str(error)[:200]}"
        raise CallError(400, "webhook.body", msg) from error
    return Parsed(gathered(fields), gathered(files))


def _refuse_many(count: int) -> None:
    if count > _MAX_FIELDS:
        raise CallError(400, "webhook.body", f"more than {_MAX_FIELDS:,} fields")


def _name(name: bytes | None) -> str:
    return (name or b"").decode("utf-8", "replace")


def _file(file: Any) -> dict[str, Any]:
    file.file_object.seek(0)
    content = file.file_object.read()
    file.close()
    kind = getattr(file, "content_type", None)
    return {
        "filename": (file.file_name or b"").decode("utf-8", "replace"),
        "content_type": kind or "application/octet-stream",
        "size": len(content),
        "content": content,
    }
