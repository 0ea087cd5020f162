"""Knows the outside, one file a protocol: HTTP, SQL, kernels, Python workers, connections.

Never: decides when to try again on its own, or knows a workflow.
"""

from .code import CodeJob, CodeLimits, CodeRunner, LogTo, ProgressTo
from .door import Clients
from .files import path_inside
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
    "CodeJob",
    "CodeLimits",
    "CodeRunner",
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
    "LogTo",
    "MultipartBody",
    "NumberPaging",
    "Paging",
    "ProgressTo",
    "RawBody",
    "items_at",
    "path_inside",
]
