"""What is asked over HTTP, and what came back."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec
from pydantic import SecretStr

from flowforge_lab.errors import NodeError

from .auth import Auth

_TEXT_TYPES = ("text/", "application/xml", "application/xhtml", "application/javascript")


class JsonBody(msgspec.Struct, frozen=True):
    """A body of JSON."""

    value: Any


class FormBody(msgspec.Struct, frozen=True):
    """A body of form fields; a list gives a field several values."""

    fields: Mapping[str, Any]


class FilePart(msgspec.Struct, frozen=True):
    """A file in a multipart body."""

    field: str
    name: str
    content: bytes
    type: str = "application/octet-stream"


class MultipartBody(msgspec.Struct, frozen=True):
    """A body of fields and files."""

    fields: Mapping[str, Any] = {}
    files: tuple[FilePart, ...] = ()


class RawBody(msgspec.Struct, frozen=True):
    """A body as it is."""

    content: bytes
    type: str = "application/octet-stream"


Body = JsonBody | FormBody | MultipartBody | RawBody


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to ask. `accept` lists the statuses that are no error: `2xx`, `404`, `200-299`.

    `timeout` is for each exchange: a redirect or a page starts a new one. Limits left `None` are
    the policy's; `proxy` is an address with its login.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = {}
    query: Mapping[str, Any] = {}
    body: Body | None = None
    auth: Auth | None = None
    timeout: float = 30.0
    accept: tuple[str, ...] = ("2xx",)
    max_response_bytes: int | None = None
    max_redirects: int | None = None
    max_per_second: float | None = None
    allow_private: bool = False
    proxy: SecretStr | None = None


class HttpResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What came back.

    Header names are lower case; `url` is where redirects led; `elapsed` is in seconds.
    """

    status: int
    reason: str
    headers: Mapping[str, str]
    url: str
    content: bytes
    elapsed: float

    @property
    def type(self) -> str:
        """The media type, lower case, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_json(self) -> bool:
        """Whether the other side says that this is JSON."""
        return self.type.endswith("/json") or self.type.endswith("+json")

    @property
    def is_text(self) -> bool:
        """Whether the other side says that this is text other than JSON."""
        return self.type.startswith(_TEXT_TYPES)

    def text(self) -> str:
        """Return the body as text; bytes that fit no character become `�`."""
        try:
            return self.content.decode(self._charset(), errors="replace")
        except LookupError:
            return self.content.decode("utf-8", errors="replace")

    def json(self) -> Any:
        """Return the body read as JSON.

        Raises:
            NodeError: it is none (`http.decode`).
        """
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError) as error:
            msg = "the answer is no JSON"
            raise NodeError(
                msg,
                type="http.decode",
                status=self.status,
                detail=f"{str(error) or 'nested too deep'}; it starts {self.excerpt(80)!r}",
                is_transient=False,
            ) from error

    def value(self) -> Any:
        """Return the body as its media type says: JSON, text, or bytes; `None` if it is empty."""
        if not self.content:
            return None
        if self.is_json:
            return self.json()
        return self.text() if self.is_text else self.content

    def excerpt(self, length: int = 500) -> str:
        """Return the start of the body for a person to read."""
        return self.text()[:length] if self.is_text or self.is_json or not self.type else self.type

    def _charset(self) -> str:
        for part in self.headers.get("content-type", "").split(";")[1:]:
            name, _, value = part.strip().partition("=")
            if name.lower() == "charset":
                return value.strip("\"' ") or "utf-8"
        return "utf-8"
