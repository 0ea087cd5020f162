"""Knows the outside, one file a protocol: HTTP, SQL, kernels, Python workers, connections.

Never: decides when to try again on its own, or knows a workflow.
"""

from .door import Clients
from .http import (
    Auth,
    BasicAuth,
    BearerAuth,
    Body,
    ClientCredentials,
    CursorPaging,
    FilePart,
    FormBody,
    HeaderAuth,
    HttpClient,
    HttpPolicy,
    HttpRequest,
    HttpResponse,
    JsonBody,
    LinkPaging,
    MultipartBody,
    NumberPaging,
    Paging,
    RawBody,
    items_at,
)

__all__ = [
    "Auth",
    "BasicAuth",
    "BearerAuth",
    "Body",
    "ClientCredentials",
    "Clients",
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
