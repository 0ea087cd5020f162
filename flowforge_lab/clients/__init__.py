"""Knows the outside, one file a protocol: HTTP, SQL, kernels, Python workers, connections.

Never: decides when to try again on its own, or knows a workflow.
"""

from .broker import Broker
from .code import CodeJob, CodeLimits, CodeRunner, Formula, LogTo, ProgressTo, parse_formula
from .connections import (
    Connections,
    ConnectionTest,
    DuckdbConnection,
    HttpConnection,
    credentials_of,
)
from .door import Clients
from .files import path_inside
from .git import read_commit
from .http import (
    Auth,
    BasicAuth,
    BearerAuth,
    Body,
    CircuitView,
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
from .notebooks import (
    CellEnded,
    CellPrinted,
    CellStarted,
    KernelReady,
    NotebookEvent,
    NotebookJob,
    NotebookResult,
    NotebookRunner,
)
from .pacing import Holding, Pacer, held_by
from .qstash import Claims, QstashReceiver, QstashSchedules, RemoteSchedule
from .sql import SqlClient, SqlQuery, SqlResult, table_reader
from .sql_text import parameters_told, sql_parameters

__all__ = [
    "Auth",
    "BasicAuth",
    "BearerAuth",
    "Body",
    "Broker",
    "CellEnded",
    "CellPrinted",
    "CellStarted",
    "CircuitView",
    "Claims",
    "ClientCredentials",
    "Clients",
    "CodeJob",
    "CodeLimits",
    "CodeRunner",
    "ConnectionTest",
    "Connections",
    "CursorPaging",
    "DuckdbConnection",
    "FilePart",
    "FormBody",
    "Formula",
    "HeaderAuth",
    "Holding",
    "HttpClient",
    "HttpConnection",
    "HttpPolicy",
    "HttpRequest",
    "HttpResponse",
    "JsonBody",
    "KernelReady",
    "LinkPaging",
    "LogTo",
    "MultipartBody",
    "NotebookEvent",
    "NotebookJob",
    "NotebookResult",
    "NotebookRunner",
    "NumberPaging",
    "Pacer",
    "Paging",
    "ProgressTo",
    "QstashReceiver",
    "QstashSchedules",
    "RawBody",
    "RemoteSchedule",
    "SqlClient",
    "SqlQuery",
    "SqlResult",
    "credentials_of",
    "held_by",
    "items_at",
    "parameters_told",
    "parse_formula",
    "path_inside",
    "read_commit",
    "sql_parameters",
    "table_reader",
]
