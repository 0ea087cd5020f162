"""Every failure as problem details (RFC 9457): the one place where the error tree meets HTTP."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from flowforge_lab.errors import (
    AccessError,
    ConflictError,
    DocumentError,
    ExpressionError,
    FlowForgeError,
    LeaseLostError,
    NodeError,
    NotFoundError,
    PlanError,
    QueryError,
    ServiceError,
    SettingsError,
    StoreError,
    StoreFullError,
    StoreUnavailableError,
)
from flowforge_lab.services import to_json
from flowforge_lab.triggers import CallError

logger = logging.getLogger(__name__)
PROBLEM_TYPE = "application/problem+json"
_OURS: tuple[tuple[type[FlowForgeError], int, str], ...] = (
    (NotFoundError, 404, "not_found"),
    (ConflictError, 409, "conflict"),
    (PlanError, 422, "plan.invalid"),
    (DocumentError, 422, "document.invalid"),
    (ExpressionError, 422, "expression.invalid"),
    (NodeError, 502, "node.failed"),
    (QueryError, 400, "query.invalid"),
    (AccessError, 403, "access.forbidden"),
    (LeaseLostError, 409, "store.lease_lost"),
    (StoreFullError, 507, "store.full"),
    (StoreUnavailableError, 503, "store.unavailable"),
    (StoreError, 503, "store.failed"),
    (SettingsError, 503, "settings.invalid"),
    (ServiceError, 502, "service.failed"),
    (FlowForgeError, 500, "failed"),
)
_HTTP_CODES = {
    400: "request.invalid",
    401: "access.credentials",
    403: "access.forbidden",
    404: "not_found",
    405: "method.not_allowed",
    408: "request.too_slow",
    413: "request.too_large",
    429: "request.too_many",
}


def problem(  # the members that the standard names
    status: int,
    code: str,
    detail: str,
    *,
    title: str = "",
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """Return the answer that tells a failure; `more` are further members."""
    told = {
        "type": f"urn:flowforge:error:{code}",
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **more,
    }
    return Response(to_json(told), status, headers=dict(headers or {}), media_type=PROBLEM_TYPE)


def answer_to(error: Exception) -> Response:
    """Return the answer for an error of ours, of the web's, or of neither: then it says nothing but that."""
    if isinstance(error, CallError):
        return problem(error.status, error.code, str(error), headers=error.headers)
    if isinstance(error, FlowForgeError):
        status, code = next((st, code) for kind, st, code in _OURS if isinstance(error, kind))
        more: dict[str, Any] = {}
        if isinstance(error, PlanError | DocumentError):
            more["problems"] = [msgspec.structs.asdict(one) for one in error.problems]
        return problem(status, code, str(error), **more)
    if isinstance(error, HTTPException):
        code = _HTTP_CODES.get(error.status_code, "request.invalid")
        return problem(error.status_code, code, str(error.detail), headers=error.headers)
    if isinstance(error, ValueError):
        return problem(400, "request.invalid", str(error))
    return problem(500, "internal", "something went wrong here; the server's log says more")


async def _tell(_request: Request, error: Exception) -> Response:
    return answer_to(error)


async def _tell_of_fields(_request: Request, error: Exception) -> Response:
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    found = [
        {
            "code": str(fault["type"]),
            "field": ".".join(str(part) for part in fault["loc"]),
            "message": str(fault["msg"]),
        }
        for fault in faults
    ]
    detail = "; ".join(f"{fault['field']}: {fault['message']}" for fault in found)
    return problem(422, "request.invalid", detail, problems=found)


async def _tell_of_bug(request: Request, error: Exception) -> Response:
    logger.error("a request failed", exc_info=error, extra={"path": request.url.path})
    return answer_to(RuntimeError())


def translate_errors(app: FastAPI) -> None:
    """Let an app answer every failure by problem details."""
    for kind in (FlowForgeError, HTTPException, ValueError):
        app.add_exception_handler(kind, _tell)
    app.add_exception_handler(RequestValidationError, _tell_of_fields)
    app.add_exception_handler(Exception, _tell_of_bug)
