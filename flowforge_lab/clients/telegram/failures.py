"""What Telegram refuses, as it says it, in our words for kinds of errors."""

from collections.abc import Mapping
from typing import Any

from flowforge_lab.errors import NodeError

_TYPES = {
    400: "telegram.bad_request",
    401: "telegram.unauthorized",
    403: "telegram.forbidden",
    404: "telegram.not_found",
    409: "telegram.conflict",
    413: "telegram.too_large",
    429: "telegram.too_many_requests",
}
_SERVER_FAULT = 500
_TOO_MANY = 429


def refusal_of(method: str, status: int, answer: Mapping[str, Any]) -> NodeError:
    """Return the error for an answer that is not `ok`; its title is what Telegram says."""
    code = answer.get("error_code")
    code = code if isinstance(code, int) else status
    facts = answer.get("parameters")
    facts = facts if isinstance(facts, Mapping) else {}
    moved = facts.get("migrate_to_chat_id")
    wait = facts.get("retry_after")
    title = str(answer.get("description") or f"{method}: Telegram answered {code}")
    return NodeError(
        title,
        type=_TYPES.get(code, "telegram.server" if code >= _SERVER_FAULT else "telegram.refused"),
        status=code,
        detail=f"the group is now the supergroup {moved}" if moved else "",
        is_transient=code == _TOO_MANY or code >= _SERVER_FAULT,
        retry_after=float(wait) if isinstance(wait, int | float) else None,
    )


def without_token(error: NodeError, token: str) -> NodeError:
    """Return an error of the way to Telegram that does not show the token in its address."""
    return NodeError(
        error.title.replace(token, "<token>"),
        type=error.type,
        status=error.status,
        detail=error.detail.replace(token, "<token>"),
        is_transient=error.is_transient,
        retry_after=error.retry_after,
    )
