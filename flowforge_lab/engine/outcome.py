"""What became of an execution, as far as this engine ran it."""

from typing import Any

import msgspec

from flowforge_lab.events import ErrorDetail


class Outcome(msgspec.Struct, frozen=True):
    """`status` is succeeded, failed, cancelled, or waiting: parked until `wake_at` (microseconds)."""

    execution_id: str
    status: str
    result: Any = None
    error: ErrorDetail | None = None
    wake_at: int | None = None
    duration: float = 0.0
    handled_errors: int = 0


class Verdict(msgspec.Struct, frozen=True):
    """Why a run stops: the status it ends with, or `waiting`."""

    status: str
    result: Any = None
    has_result: bool = False
    error: ErrorDetail | None = None
