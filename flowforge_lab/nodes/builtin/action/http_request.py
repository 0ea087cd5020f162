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

With `only_changed` the node remembers `ETag` and `Last-Modified` of what it got, as soon as it succeeds, and
asks only for what has changed since; else `is_unchanged` is set, and there is no body.

Files go up in a `multipart` body and come down with `response: file` or `save_as`. A connection, or the
lab's setting `http_proxy`, may name a proxy; names are still resolved and checked here first.

Best practice: keep base address and credentials in a connection, and write only the path here.
Troubleshooting: `http.blocked` means a private address or too many redirects, `http.circuit_open`
that the host has failed several times in a row and is left alone for a while.
"""

import asyncio
import hashlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

import msgspec
from pydantic import Field, ValidationInfo, field_validator

from flowforge_lab import clients
from flowforge_lab.clients import file_content, media_type_of, path_inside, save_inside
from flowforge_lab.nodes import (
    AnyValue,
    Attempt,
    ConnectionName,
    Effects,
    Model,
    NoInputs,
    Switch,
    Url,
    node_type,
)
from flowforge_lab.nodes.file_values import FileValue
from flowforge_lab.nodes.http_fields import (
    Auth,
    BasicAuth,
    BearerAuth,
    Body,
    ClientCredentials,
    CursorPaging,
    FilePart,
    FormBody,
    HeaderAuth,
    JsonBody,
    LinkPaging,
    MultipartBody,
    NumberPaging,
    Paging,
    RawBody,
)
from flowforge_lab.values import Duration, Frame

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
_READS = ("GET", "HEAD", "OPTIONS")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_UNCHANGED = 304
_OPEN = "{{"  # a template's address is judged when it is filled in


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
    response: Literal["auto", "json", "text", "bytes", "frame", "file"] = Field(
        default="auto",
        description="How to read the answer; `frame` takes CSV, JSON records and Parquet, `file`"
        " gives it with name and type.",
    )
    save_as: str = Field(
        default="",
        description="A file in the workflow's folder to write the answer to, replacing it.",
        examples=["data/orders.csv"],
    )
    only_changed: Switch = Field(
        default=False,
        description="Whether to ask only for what has changed since this node last got it.",
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
    file: FileValue | None = Field(default=None, description="The file, if one was asked for.")
    is_unchanged: bool = Field(
        default=False, description="Whether the service says that nothing has changed (304)."
    )
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
    if config.save_as and last.status != _UNCHANGED:
        await asyncio.to_thread(save_inside, attempt.folder, config.save_as, last.content)
    outputs = await _outputs(config, pages, attempt)
    if config.only_changed:
        await _remember(request, last, attempt)
    return outputs


async def _outputs(config: Config, pages: list[clients.HttpResponse], attempt: Attempt) -> Outputs:
    last = pages[-1]
    is_unchanged = config.only_changed and last.status == _UNCHANGED
    frame = file = body = None
    if is_unchanged:
        attempt.log("nothing has changed")
    elif config.response == "frame":
        frame = await _frame(config, pages, attempt)
    elif config.response == "file":
        file = _file(last)
    else:
        body = _body_of(config, pages)
    return Outputs(
        status=last.status,
        body=body,
        frame=frame,
        file=file,
        is_unchanged=is_unchanged,
        headers=dict(last.headers),
        url=last.url,
        pages=len(pages),
        elapsed=sum(page.elapsed for page in pages),
    )


def _file(answer: clients.HttpResponse) -> FileValue:
    name = _name_in(answer.headers.get("content-disposition", "")) or unquote(
        PurePosixPath(urlsplit(answer.url).path).name
    )
    name = PurePosixPath(name.replace("\\", "/")).name or "download"
    kind = answer.type or media_type_of(name)
    return FileValue(name=name, type=kind, content=answer.content)


def _name_in(disposition: str) -> str:
    extended = re.search(r"filename\*\s*=\s*utf-8'[^']*'([^;]+)", disposition, re.IGNORECASE)
    if extended:
        return unquote(extended[1].strip())
    plain = re.search(r'filename\s*=\s*"?([^";]+)"?', disposition, re.IGNORECASE)
    return plain[1].strip() if plain else ""


async def _remember(
    request: clients.HttpRequest, answer: clients.HttpResponse, attempt: Attempt
) -> None:
    told = {
        "If-None-Match": answer.headers.get("etag", ""),
        "If-Modified-Since": answer.headers.get("last-modified", ""),
    }
    kept = {name: value for name, value in told.items() if value}
    if kept and answer.status != _UNCHANGED:
        await attempt.variables.set("workflow", _place(request, attempt), kept)


def _place(request: clients.HttpRequest, attempt: Attempt) -> str:
    asked = (
        f"{attempt.node} {request.method} {request.url} {sorted(request.query.items(), key=str)}"
    )
    return f"http_{hashlib.sha256(asked.encode()).hexdigest()[:40]}"


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
    if config.connection:
        request = attempt.clients.connections.request(config.connection, request)
    if not config.only_changed:
        return request
    found = await attempt.variables.find("workflow", _place(request, attempt))
    known = found if isinstance(found, Mapping) else {}
    return msgspec.structs.replace(
        request, headers={**request.headers, **known}, accept=(*request.accept, str(_UNCHANGED))
    )


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
    if file.path:
        path = path_inside(folder, file.path)
        name, content = path.name, await asyncio.to_thread(path.read_bytes)
    else:
        name, content = file_content(file.content)
    name = file.name or name or "file"
    return clients.FilePart(file.field, name, content, file.type or media_type_of(name))


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
