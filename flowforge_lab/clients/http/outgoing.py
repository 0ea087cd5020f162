"""From our request to httpx's, and from a redirect to the next one."""

from collections.abc import Mapping
from typing import Any

import httpx
import msgspec

from .message import Body, FormBody, HttpRequest, JsonBody, MultipartBody, RawBody

_TRAVELS = frozenset(
    [
        "accept",
        "accept-encoding",
        "accept-language",
        "connection",
        "content-length",
        "content-type",
        "host",
        "transfer-encoding",
        "user-agent",
    ]
)


def outgoing(
    client: httpx.AsyncClient, request: HttpRequest, credentials: Mapping[str, str]
) -> httpx.Request:
    """Return httpx's form of the request; `credentials` are headers that win over its own.

    Raises:
        httpx.InvalidURL: the address is none.
        TypeError, ValueError: the body cannot be written, or a header cannot be sent.
    """
    known = {name.lower() for name in credentials}
    own = {name: text for name, text in request.headers.items() if name.lower() not in known}
    kind = _type_of(request.body)
    if kind and not any(name.lower() == "content-type" for name in own):
        own["Content-Type"] = kind
    headers = {**own, **credentials}
    _refuse_unsendable(headers)
    return client.build_request(
        request.method.upper(),
        request.url,
        params=_query(request),
        headers=headers,
        **_body(request.body),
    )


def _refuse_unsendable(headers: Mapping[str, str]) -> None:
    """Refuse values that no header can have; they are not told, since one may be a secret.

    Raises:
        ValueError: it names the header.
    """
    for name, text in headers.items():
        if not str(text).isascii():
            msg = f"header {name!r}: only ASCII characters can be sent, and its value has others"
            raise ValueError(msg)


def _query(request: HttpRequest) -> httpx.QueryParams | None:
    if not request.query:
        return None
    given = {name: _texts(value) for name, value in request.query.items() if value is not None}
    return httpx.URL(request.url).params.merge(httpx.QueryParams(given))


def _texts(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_texts(item) for item in value]
    return value if isinstance(value, str | int | float | bool) else str(value)


def _type_of(body: Body | None) -> str:
    match body:
        case JsonBody():
            return "application/json"
        case RawBody(type=kind):
            return kind
    return ""


def _foreign(value: Any) -> Any:
    msg = f"a {type(value).__name__} cannot be sent as JSON"
    raise TypeError(msg)


def _body(body: Body | None) -> dict[str, Any]:
    match body:
        case None:
            return {}
        case JsonBody(value=value):
            return {"content": msgspec.json.encode(value, enc_hook=_foreign)}
        case FormBody(fields=fields):
            return {"data": _fields(fields)}
        case MultipartBody(fields=fields, files=files):
            parts = [(file.field, (file.name, file.content, file.type)) for file in files]
            texts = [(name, (None, text)) for name, text in _pairs(fields)]
            return {"files": [*texts, *parts]}
        case RawBody(content=content):
            return {"content": content}


def _fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _texts(value) for name, value in fields.items() if value is not None}


def _pairs(fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    pairs = []
    for name, value in _fields(fields).items():
        pairs += [(name, str(item)) for item in (value if isinstance(value, list) else [value])]
    return pairs


def redirected(previous: httpx.Request, following: httpx.Request) -> httpx.Request:
    """Return the request a redirect leads to, without anything secret if it leaves the host."""
    if _is_home(previous.url, following.url):
        return following
    kept = [
        (name, text) for name, text in following.headers.raw if name.decode().lower() in _TRAVELS
    ]
    following.headers = httpx.Headers(kept)
    return following


def _is_home(before: httpx.URL, after: httpx.URL) -> bool:
    if before.host != after.host:
        return False
    if before.scheme == after.scheme:
        return _port(before) == _port(after)
    return (before.scheme, _port(before), after.scheme, _port(after)) == ("http", 80, "https", 443)


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def origin_of(url: httpx.URL) -> str:
    """Return `host:port`, by which limits are counted."""
    return f"{url.host}:{_port(url)}"
