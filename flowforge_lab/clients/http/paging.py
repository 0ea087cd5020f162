"""Many pages, one answer: how a service says where the next page is."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec

from flowforge_lab.errors import NodeError

from .message import HttpRequest, HttpResponse

_LINK = re.compile(r"<([^<>]*)>([^,<]*)")
_IS_NEXT = re.compile(r"\brel\s*=\s*\"?next\"?", re.IGNORECASE)


class LinkPaging(msgspec.Struct, frozen=True):
    """The next page's address stands at `path` in the body, or else in the header `Link`."""

    path: str = ""
    max_pages: int = 100


class NumberPaging(msgspec.Struct, frozen=True):
    """Pages are numbered; the first without anything in the list at `items` is the last."""

    parameter: str = "page"
    first: int = 1
    step: int = 1
    items: str = ""
    max_pages: int = 100


class CursorPaging(msgspec.Struct, frozen=True):
    """Each page names at `path` the cursor that the query parameter of the next one takes."""

    path: str
    parameter: str = "cursor"
    max_pages: int = 100


Paging = LinkPaging | NumberPaging | CursorPaging
Send = Callable[[HttpRequest], Awaitable[HttpResponse]]


async def all_pages(send: Send, request: HttpRequest, paging: Paging) -> list[HttpResponse]:
    """Return the pages in order, at most `max_pages`; stops where a page leads back to itself."""
    current: HttpRequest | None = _first(request, paging)
    pages: list[HttpResponse] = []
    while current is not None and len(pages) < paging.max_pages:
        pages.append(await send(current))
        following = _following(current, pages, paging)
        current = None if following == current else following
    return pages


def items_at(body: Any, path: str) -> Any:
    """Return what stands at a dotted path such as `data.items`; `None` if nothing does."""
    for name in filter(None, path.split(".")):
        if not isinstance(body, Mapping):
            return None
        body = body.get(name)
    return body


def _first(request: HttpRequest, paging: Paging) -> HttpRequest:
    if isinstance(paging, NumberPaging):
        return _with_query(request, paging.parameter, paging.first)
    return request


def _following(
    current: HttpRequest, pages: list[HttpResponse], paging: Paging
) -> HttpRequest | None:
    last = pages[-1]
    match paging:
        case LinkPaging(path=path):
            return _at_link(current, last, path)
        case NumberPaging(parameter=name, first=first, step=step, items=path):
            is_over = not last.content or not items_at(last.json(), path)
            return None if is_over else _with_query(current, name, first + step * len(pages))
        case CursorPaging(path=path, parameter=name):
            cursor = items_at(last.json(), path)
            return _with_query(current, name, cursor) if cursor not in (None, "", False) else None


def _at_link(current: HttpRequest, last: HttpResponse, path: str) -> HttpRequest | None:
    if path:
        link = items_at(last.json(), path)
    else:
        links = _LINK.finditer(last.headers.get("link", ""))
        link = next((found[1] for found in links if _IS_NEXT.search(found[2])), None)
    if not link:
        return None
    address = urljoin(last.url, str(link))
    if urlsplit(address)[:2] != urlsplit(last.url)[:2]:
        msg = "the next page is on another host"
        raise NodeError(
            msg,
            type="http.blocked",
            detail=f"{urlsplit(last.url).netloc} leads to {urlsplit(address).netloc}",
            is_transient=False,
        )
    return msgspec.structs.replace(current, url=address, query={})


def _with_query(request: HttpRequest, name: str, value: Any) -> HttpRequest:
    return msgspec.structs.replace(request, query={**request.query, name: value})
