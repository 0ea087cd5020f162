"""How this process logs: lines for people, or one JSON document a line, with ids and without secrets."""

import json
import logging
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any

from flowforge_lab.settings import Settings
from flowforge_lab.variables import redact

_USUAL = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """One JSON document a line: time, level, logger, message, and what was given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        told: dict[str, Any] = {
            "time": at,
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        told |= {name: value for name, value in vars(record).items() if name not in _USUAL}
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False, default=str)


class _WithoutSecrets(logging.Formatter):
    """Hides secrets in what another formatter has written."""

    def __init__(self, inner: logging.Formatter, given: Callable[[], Collection[str]]) -> None:
        super().__init__()
        self._inner = inner
        self._given = given

    def format(self, record: logging.LogRecord) -> str:
        text = self._inner.format(record)
        return str(redact(text, self._given()))


def log_to_stderr(settings: Settings, given_secrets: Callable[[], Collection[str]]) -> None:
    """Let this process log as its settings say; for a program, not for a library."""
    plain = logging.Formatter("%(levelname)s %(name)s: %(message)s")
    inner = JsonLines() if settings.log_format == "json" else plain
    out = logging.StreamHandler()
    out.setFormatter(_WithoutSecrets(inner, given_secrets))
    logging.basicConfig(level=settings.log_level.upper(), handlers=[out], force=True)
