"""Every error the product raises, as one tree; edges translate by branch (exit code, HTTP status, badge)."""

from collections.abc import Sequence
from typing import Literal

import msgspec

_EXCERPT_CHARS = 120


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing wrong with a workflow, told so that its author can mend it.

    `node` and `field` are empty when the problem is of the whole document; `field` is a dotted path
    such as `config.retry.attempts`. `line` is 1-based and `None` where the text is not at hand.
    """

    code: str
    message: str
    node: str = ""
    field: str = ""
    hint: str = ""
    severity: Literal["error", "warning"] = "error"
    line: int | None = None

    def __str__(self) -> str:
        where = ".".join(part for part in (self.node, self.field) if part)
        hint = f" ({self.hint})" if self.hint else ""
        return f"{where}: {self.message}{hint}" if where else f"{self.message}{hint}"


class FlowForgeError(Exception):
    """Anything this product says went wrong. The text is written for the person who can mend it."""


class SettingsError(FlowForgeError):
    """A setting, `flowforge.toml` or the environment says something that cannot be used."""


class NotFoundError(FlowForgeError):
    """What was asked for by name or id is not there."""


class ConflictError(FlowForgeError):
    """Somebody else changed the same thing meanwhile; nothing was written."""


class DocumentError(FlowForgeError):
    """A workflow file cannot be read as a workflow at all; `problems` say where."""

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class PlanError(FlowForgeError):
    """A workflow cannot be compiled; `problems` holds everything that is wrong with it at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class ExpressionError(FlowForgeError):
    """An expression cannot be parsed or evaluated.

    `source` is the text as written, `offset` the 0-based character in it where the trouble starts
    (`None` where no place is known), `field` the dotted path of the field, empty where it has none.
    """

    def __init__(
        self, message: str, source: str = "", offset: int | None = None, *, field: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.source = source
        self.offset = offset
        self.field = field

    def __str__(self) -> str:
        where = f"{self.field}: " if self.field else ""
        if not self.source:
            return f"{where}{self.message}"
        place = "" if self.offset is None else f" at character {self.offset + 1}"
        return f"{where}{self.message}{place} in {self._excerpt()!r}"

    def _excerpt(self) -> str:
        """Return the source, or the part of a long one around the trouble."""
        if len(self.source) <= _EXCERPT_CHARS:
            return self.source
        start = max((self.offset or 0) - _EXCERPT_CHARS // 2, 0)
        end = start + _EXCERPT_CHARS
        before, after = "..." * (start > 0), "..." * (end < len(self.source))
        return f"{before}{self.source[start:end]}{after}"


class NodeError(FlowForgeError):
    """A node could not do its work. The engine retries, takes the error port, or fails the execution.

    `type` is a short stable word such as `http.status` or `timeout`; `status` an HTTP-like number
    where one exists; `is_transient` says that another attempt may succeed; `retry_after` is the
    number of seconds the other side asked to wait.
    """

    def __init__(
        self,
        title: str,
        *,
        type: str = "node.failed",  # the word users see in the structured error
        status: int | None = None,
        detail: str = "",
        is_transient: bool = True,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{title}: {detail}" if detail else title)
        self.title = title
        self.type = type
        self.status = status
        self.detail = detail
        self.is_transient = is_transient
        self.retry_after = retry_after


class AccessError(FlowForgeError):
    """Whoever asks has not shown who they are, or may not do this."""


class ServiceError(FlowForgeError):
    """The broker of the queue does not answer; what is due stays due in the store."""


class RemoteError(FlowForgeError):
    """A call that only a lab on this machine can answer; the text says what to use instead."""


class StoreError(FlowForgeError):
    """The journal or the history could not do what was asked; nothing half-done was kept."""


class StoreUnavailableError(StoreError):
    """The store cannot be reached or opened; the text says why and what to do."""


class StoreFullError(StoreError):
    """The disk is full or read-only: the append was refused as a whole."""


class ValueTooLargeError(StoreError):
    """A value is larger than what the store takes in one piece; nothing of it was kept."""


class StoreVersionError(StoreError):
    """The store was written by a newer version of the product."""


class QueryError(StoreError):
    """A query over the history cannot be understood or carried out as it is; the text is DuckDB's."""


class LeaseLostError(StoreError):
    """Another engine has taken over the execution; this one must stop before any side effect."""


ERROR_TYPES = (
    "analytics.invalid",
    "backtest.not_recorded",
    "code.crashed",
    "code.inputs",
    "code.memory",
    "code.raised",
    "code.timeout",
    "code.too_large",
    "concurrency.limit",
    "config.invalid",
    "connection.kind",
    "crashed",
    "execution.timeout",
    "execution.too_large",
    "execution.too_long",
    "expression",
    "file.no_content",
    "file.not_found",
    "file.not_written",
    "file.outside",
    "flow.end",
    "frame.not_a_table",
    "frame.operation",
    "frame.read",
    "frame.write",
    "http.blocked",
    "http.circuit_open",
    "http.connect",
    "http.decode",
    "http.invalid",
    "http.status",
    "http.timeout",
    "http.too_large",
    "jump.exhausted",
    "lab.not_found",
    "lab.settings",
    "library.missing",
    "loop.items",
    "loop.too_long",
    "mail.auth",
    "mail.connect",
    "mail.failed",
    "mail.folder",
    "mail.invalid",
    "mail.refused",
    "mail.template",
    "mail.timeout",
    "mail.too_large",
    "node.failed",
    "node.raised",
    "notebook.cell_timeout",
    "notebook.failed",
    "notebook.invalid",
    "notebook.kernel_died",
    "notebook.memory",
    "notebook.no_kernel",
    "notebook.not_found",
    "notebook.not_resumable",
    "notebook.parameters",
    "notebook.print",
    "notebook.timeout",
    "notebook.value",
    "notification.failed",
    "outputs.invalid",
    "payload.too_large",
    "sql.connect",
    "sql.constraint",
    "secret.unreadable",
    "sql.failed",
    "sql.invalid",
    "sql.locked",
    "sql.memory",
    "sql.not_a_table",
    "sql.not_allowed",
    "sql.read_only",
    "sql.timeout",
    "sql.too_many_rows",
    "sub_workflow.dropped",
    "sub_workflow.failed",
    "sub_workflow.gone",
    "sub_workflow.invalid",
    "sub_workflow.too_deep",
    "sub_workflow.unknown",
    "telegram.bad_request",
    "telegram.conflict",
    "telegram.forbidden",
    "telegram.markup",
    "telegram.no_bot",
    "telegram.no_chat",
    "telegram.no_file",
    "telegram.no_message",
    "telegram.no_text",
    "telegram.not_found",
    "telegram.refused",
    "telegram.server",
    "telegram.too_large",
    "telegram.too_many_requests",
    "telegram.unauthorized",
    "timeout",
    "transform.no_field",
    "transform.not_fields",
    "transform.step",
    "user.ambiguous",
    "user.contact",
    "user.no_account",
    "user.unknown",
    "variable.no_number",
    "variable.no_user",
    "variable.not_found",
    "webhook.invalid",
    "webhook.secret",
)
"""The words in `NodeError.type` that the product itself uses; own node types may use others."""
