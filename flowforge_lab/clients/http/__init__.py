"""HTTP, under one policy for limits, redirects, private addresses and credentials."""

from .auth import Auth, BasicAuth, BearerAuth, ClientCredentials, HeaderAuth
from .client import HttpClient
from .limits import CircuitView
from .message import (
    Body,
    FilePart,
    FormBody,
    HttpRequest,
    HttpResponse,
    JsonBody,
    MultipartBody,
    RawBody,
)
from .paging import CursorPaging, LinkPaging, NumberPaging, Paging, items_at
from .policy import HttpPolicy

__all__ = [
    "Auth",
    "BasicAuth",
    "BearerAuth",
    "Body",
    "CircuitView",
    "ClientCredentials",
    "CursorPaging",
    "FilePart",
    "FormBody",
    "HeaderAuth",
    "HttpClient",
    "HttpPolicy",
    "HttpRequest",
    "HttpResponse",
    "JsonBody",
    "LinkPaging",
    "MultipartBody",
    "NumberPaging",
    "Paging",
    "RawBody",
    "items_at",
]
