"""What a piece of code may use, and where its words go."""

from typing import Protocol

import msgspec


class CodeLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What one call may use; `seconds` of `None` leaves the time to whoever cancels it.

    Memory is counted from what the worker itself takes, and held on Linux only. Of the output the
    first `max_log_bytes` are kept, the rest is counted. `max_result_bytes` is of the result as it
    is stored.
    """

    seconds: float | None = None
    max_memory_bytes: int | None = 2_000_000_000
    max_log_bytes: int = 1_000_000
    max_result_bytes: int = 500_000_000


class LogTo(Protocol):
    """Where lines of output go, such as `attempt.log`."""

    def __call__(self, message: str, *, level: str = "info", source: str = "node") -> None:
        """Take one line."""


class ProgressTo(Protocol):
    """Where progress goes, such as `attempt.progress`."""

    def __call__(self, fraction: float, text: str = "") -> None:
        """Take how far it is, between 0 and 1."""
