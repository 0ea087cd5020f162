"""Ask a service over HTTP: any method, headers, query, body, authentication, pages.

A status outside `accept` fails the step with its number, so that the retry settings and the error
port see it; `Retry-After` is honoured by the retry. With paging, the lists of all pages are put
together.

A GET or HEAD only reads, and is tried again by itself. All other methods write, and carry the step's
idempotency key in the header `idempotency_header`, the same for each attempt, so that a service that
knows it does nothing twice. Only where the node names that header, and so says that the service
knows it, is a request that writes tried again by itself or after a crash.

Addresses inside the own network are refused unless `allow_private` is set: an address that came
from a message or a web page must not reach a router or a database. Credentials never follow a
redirect to another host.

A value put into the path or the query of `url` stays one piece of it: in
`https://host/{{ name }}?q={{ q }}` slashes, spaces, `?`, `&` and `%` in it are percent-encoded. What
stands before the path (`{{ base }}/orders`) and an address that is one expression as a whole are taken
as they are.

Best practice: keep base address and credentials in a connection, and write only the path here.
Troubleshooting: `http.blocked` means a private address or too many redirects, `http.circuit_open`
that the host has failed several times in a row and is left alone for a while.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator

from flowforge_lab import clients
from flowforge_lab.nodes import (
    AnyValue,
    Attempt,
    ConnectionName,
    DataFile,
    Effects,
    Model,
    NoInputs,
    Secret,
    Switch,
    Url,
    node_type,
)
from flowforge_lab.values import Duration, Frame

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
_READS = ("GET", "HEAD", "OPTIONS")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_OPEN = "{{"  # a template's address is judged when it is filled in


class JsonBody(Model):
    """A body of JSON."""

    type: Literal["json"] = Field(description="A body of JSON.")
    value: AnyValue = Field(default=None, description="The value; texts in it may be templates.")


class FormBody(Model):
    """A body of form fields."""

    type: Literal["form"] = Field(description="A body of form fields.")
    fields: dict[str, AnyValue] = Field(description="The fields; a list gives several values.")


class FilePart(Model):
    """A file to send."""

    field: str = Field(default="file", description="The name of the form field.")
    path: DataFile = Field(description="The file, relative to the workflow's folder.")
    type: str = Field(default="application/octet-stream", description="The media type.")


class MultipartBody(Model):
    """A body of form fields and files."""

    type: Literal["multipart"] = Field(description="A body of form fields and files.")
    fields: dict[str, AnyValue] = Field(default_factory=dict, description="The fields.")
    files: list[FilePart] = Field(default_factory=list, description="The files.")


class RawBody(Model):
    """A body of text or bytes as it is."""

    type: Literal["raw"] = Field(description="A body of text or bytes as it is.")
    content: AnyValue = Field(description="Text, or bytes from an earlier step.")
    content_type: str = Field(default="text/plain; charset=utf-8", description="Its media type.")


class BasicAuth(Model):
    """User and password."""

    type: Literal["basic"] = Field(description="User and password.")
    user: str = Field(description="The user's name.")
    password: Secret = Field(description="The password.")


class BearerAuth(Model):
    """A token."""

    type: Literal["bearer"] = Field(description="A token.")
    token: Secret = Field(description="The token.")


class HeaderAuth(Model):
    """A header of the service's own."""

    type: Literal["header"] = Field(description="A header of the service's own.")
    name: str = Field(description="The header's name.", examples=["X-Api-Key"])
    value: Secret = Field(description="The header's value.")


class ClientCredentials(Model):
    """OAuth2 client credentials."""

    type: Literal["oauth2"] = Field(description="OAuth2 client credentials.")
    token_url: str = Field(description="Where a token is asked for.")
    client_id: str = Field(description="The client's id.")
    client_secret: Secret = Field(description="The client's secret.")
    scope: str = Field(default="", description="The scopes to ask for, with spaces between.")


class LinkPaging(Model):
    """The address of the next page stands in the answer."""

    type: Literal["link"] = Field(description="The address of the next page is in the answer.")
    path: str = Field(default="", description="Where in the body; empty reads the header `Link`.")
    items: str = Field(default="", description="Where in the body the list is.")
    max_pages: int = Field(default=100, ge=1, le=10_000, description="Where to stop.")


class NumberPaging(Model):
    """Pages are numbered."""

    type: Literal["number"] = Field(description="Pages have numbers; an empty one is the last.")
    parameter: str = Field(default="page", description="The query parameter.")
    first: int = Field(default=1, description="The number of the first page.")
    step: int = Field(default=1, ge=1, description="What is added; for offsets the page's size.")
    items: str = Field(default="", description="Where in the body the list is.")
    max_pages: int = Field(default=100, ge=1, le=10_000, description="Where to stop.")


class CursorPaging(Model):
    """Each page names the cursor of the next."""

    type: Literal["cursor"] = Field(description="Each page names the cursor of the next.")
    path: str = Field(description="Where in the body the cursor is.", examples=["meta.next"])
    parameter: str = Field(default="cursor", description="The query parameter.")
    items: str = Field(default="", description="Where in the body the list is.")
    max_pages: int = Field(default=100, ge=1, le=10_000, description="Where to stop.")


Body = Annotated[JsonBody | FormBody | MultipartBody | RawBody, Field(discriminator="type")]
Auth = Annotated[
    BasicAuth | BearerAuth | HeaderAuth | ClientCredentials, Field(discriminator="type")
]
Paging = Annotated[LinkPaging | NumberPaging | CursorPaging, Field(discriminator="type")]


class Config(Model):
    """What to ask, of whom, and how to read the answer."""

    method: Method = Field(default="GET", description="The HTTP method.")
    url: Url = Field(
        default="",
        description="The address, or with a connection what follows its base address. Values in"
        " its path and query are percent-encoded.",
        examples=["https://api.example.com/orders/{{ inputs.id }}"],
    )
    connection: ConnectionName = Field(
        default="",
        validate_default=True,
        description="A connection with base address, headers and credentials.",
    )
    headers: dict[str, str] = Field(default_factory=dict, description="Headers to send.")
    query: dict[str, AnyValue] = Field(
        default_factory=dict, description="Query parameters; null leaves one out."
    )
    body: Body | None = Field(default=None, description="What to send.")
    auth: Auth | None = Field(default=None, description="How to authenticate.")
    response: Literal["auto", "json", "text", "bytes", "frame"] = Field(
        default="auto",
        description="How to read the answer; `frame` takes CSV, JSON records and Parquet.",
    )
    accept: list[str] = Field(
        default=["2xx"],
        min_length=1,
        description="Statuses that are no error.",
        examples=[["2xx", "404"]],
    )
    paging: Paging | None = Field(default=None, description="How to get all pages.")
    timeout: Duration = Field(default=30.0, gt=0, description="How long each exchange may take.")
    max_redirects: int = Field(default=5, ge=0, le=20, description="How far to follow.")
    max_response_bytes: int | None = Field(
        default=None, ge=1, description="The largest answer; by default what the lab allows."
    )
    max_per_second: float | None = Field(
        default=None, gt=0, description="How often this host may be asked."
    )
    allow_private: Switch = Field(
        default=False, description="Whether addresses inside the own network may be asked."
    )
    idempotency_header: str = Field(
        default="Idempotency-Key",
        description="The header for the step's idempotency key when writing; empty sends none.",
    )

    @field_validator("url")
    @classmethod
    def _is_http(cls, url: str) -> str:
        scheme, found, _ = url.partition("://")
        if found and _SCHEME.fullmatch(scheme) and scheme.lower() not in {"http", "https"}:
            msg = f"expected an address that starts with http:// or https://, found {url!r:.80}"
            raise ValueError(msg)
        return url

    @field_validator("connection")
    @classmethod
    def _has_address(cls, connection: str, found: ValidationInfo) -> str:
        url = found.data.get("url", _OPEN)
        if connection or _OPEN in url or url.lower().startswith(("http://", "https://")):
            return connection
        msg = "without a connection 'url' must start with http:// or https://"
        raise ValueError(msg)


class Outputs(Model):
    """What came back."""

    status: int = Field(description="The status of the answer; with paging of the last page.")
    body: Any = Field(default=None, description="The body, read as `response` says.")
    frame: Frame | None = Field(default=None, description="The table, if one was asked for.")
    headers: dict[str, str] = Field(description="Header values by lower-case name.")
    url: str = Field(description="The address that answered, after redirects.")
    pages: int = Field(description="How many pages were fetched.")
    elapsed: float = Field(description="Seconds of the exchanges together.")


def _effects(config: Mapping[str, Any]) -> Effects:
    return "reads" if config.get("method", "GET") in _READS else "writes"


def _is_keyed(config: Mapping[str, Any]) -> bool:
    """Whether the author names the header; that it is sent by default says nothing of the service."""
    return bool(config.get("idempotency_header"))


@node_type(
    "action.http_request",
    title="HTTP request",
    outputs=Outputs,
    icon="globe",
    color="#2563eb",
    effects="writes",
    effects_of=_effects,
    is_idempotent=False,
    is_keyed=_is_keyed,
    keywords=("api", "rest", "webhook", "fetch", "post", "get", "url"),
)
async def http_request(config: Config, inputs: NoInputs, attempt: Attempt) -> Outputs:
    """Ask, and read the answer as the config says."""
    request = await _request(config, attempt)
    http = attempt.clients.http
    if config.paging is None:
        pages = [await http.send(request)]
    else:
        pages = await http.send_all(request, _paging(config.paging))
    last = pages[-1]
    attempt.log(f"{config.method}: {last.status} {last.reason}, {len(last.content):,} bytes")
    frame = await _frame(config, pages, attempt) if config.response == "frame" else None
    return Outputs(
        status=last.status,
        body=None if frame is not None else _body_of(config, pages),
        frame=frame,
        headers=dict(last.headers),
        url=last.url,
        pages=len(pages),
        elapsed=sum(page.elapsed for page in pages),
    )


async def _request(config: Config, attempt: Attempt) -> clients.HttpRequest:
    request = clients.HttpRequest(
        url=config.url,
        method=config.method,
        headers={**_idempotency(config, attempt), **config.headers},
        query=config.query,
        body=await _body(config.body, attempt.folder),
        auth=_auth(config),
        timeout=config.timeout,
        accept=tuple(config.accept),
        max_response_bytes=config.max_response_bytes,
        max_redirects=config.max_redirects,
        max_per_second=config.max_per_second,
        allow_private=config.allow_private,
    )
    if not config.connection:
        return request
    return attempt.clients.connections.request(config.connection, request)


def _idempotency(config: Config, attempt: Attempt) -> dict[str, str]:
    if config.method in _READS or not config.idempotency_header:
        return {}
    return {config.idempotency_header: attempt.idempotency_key}


async def _body(body: Body | None, folder: Path) -> clients.Body | None:
    match body:
        case JsonBody(value=value):
            return clients.JsonBody(value)
        case FormBody(fields=fields):
            return clients.FormBody(fields)
        case MultipartBody(fields=fields, files=files):
            parts = [await _part(file, folder) for file in files]
            return clients.MultipartBody(fields, tuple(parts))
        case RawBody(content=content, content_type=kind):
            return clients.RawBody(_raw(content), kind)
    return None


async def _part(file: FilePart, folder: Path) -> clients.FilePart:
    path = clients.path_inside(folder, file.path)
    content = await asyncio.to_thread(path.read_bytes)
    return clients.FilePart(file.field, path.name, content, file.type)


def _raw(content: Any) -> bytes:
    return content if isinstance(content, bytes) else str(content).encode()


def _auth(config: Config) -> clients.Auth | None:
    match config.auth:
        case BasicAuth(user=user, password=password):
            return clients.BasicAuth(user, password)
        case BearerAuth(token=token):
            return clients.BearerAuth(token)
        case HeaderAuth(name=name, value=value):
            return clients.HeaderAuth(name, value)
        case ClientCredentials() as auth:
            return clients.ClientCredentials(
                auth.token_url,
                auth.client_id,
                auth.client_secret,
                auth.scope,
                allow_private=config.allow_private,
            )
    return None


def _paging(paging: Paging) -> clients.Paging:
    match paging:
        case LinkPaging():
            return clients.LinkPaging(paging.path, paging.max_pages)
        case NumberPaging():
            return clients.NumberPaging(
                paging.parameter, paging.first, paging.step, paging.items, paging.max_pages
            )
        case CursorPaging():
            return clients.CursorPaging(paging.path, paging.parameter, paging.max_pages)


def _body_of(config: Config, pages: list[clients.HttpResponse]) -> Any:
    read = _READERS[config.response]
    if config.paging is None:
        return read(pages[0])
    path = config.paging.items
    parts = [clients.items_at(read(page), path) for page in pages]
    if all(isinstance(part, list) for part in parts):
        return [item for part in parts for item in part]
    return parts


_READERS: dict[str, Callable[[clients.HttpResponse], Any]] = {
    "auto": clients.HttpResponse.value,
    "json": clients.HttpResponse.json,
    "text": clients.HttpResponse.text,
    "bytes": lambda response: response.content,
}


async def _frame(config: Config, pages: list[clients.HttpResponse], attempt: Attempt) -> Frame:
    items = config.paging.items if config.paging else ""
    contents = [(page.content, _format_of(page)) for page in pages]
    return await attempt.clients.code.read_frame(contents, items=items, directory=attempt.folder)


def _format_of(page: clients.HttpResponse) -> str:
    if page.is_json:
        return "json"
    known = {"text/csv": "csv", "application/vnd.apache.parquet": "parquet"}
    ending = PurePosixPath(urlsplit(page.url).path).suffix.removeprefix(".").lower()
    return known.get(page.type) or (ending if ending in {"csv", "parquet", "json"} else "")
