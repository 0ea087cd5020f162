"""The clients a lab has open, together."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from flowforge_lab.clock import Clock, SystemClock
from flowforge_lab.errors import NotFoundError

from .code import CodeRunner
from .connections import Connections
from .http import HttpClient, HttpPolicy
from .sql import SqlClient


def _no_secrets(name: str) -> str:
    msg = f"no secret {name!r}: this lab was opened without secrets"
    raise NotFoundError(msg)


class Clients:
    """One of each client; what it needs is opened on first use, and all is closed together.

    `connections` is the table of that name in `flowforge.toml`, whose relative paths start at
    `folder`; `secret` gives a secret by name. `warm_workers` and `warm_kernels` are kept ready.
    """

    def __init__(
        self,
        *,
        http: HttpPolicy | None = None,
        connections: Mapping[str, Any] | None = None,
        folder: Path | None = None,
        secret: Callable[[str], str] = _no_secrets,
        warm_workers: int = 0,
        clock: Clock | None = None,
    ) -> None:
        self.http = HttpClient(http, clock or SystemClock())
        self.code = CodeRunner(warm=warm_workers)
        self.sql = SqlClient()
        self.connections = Connections(
            connections or {},
            folder=folder or Path(),
            secret=secret,
            http=self.http,
            sql=self.sql,
        )

    async def close(self) -> None:
        """Close what was opened; harmless if nothing was."""
        await self.http.close()
        await self.code.close()
        await self.sql.close()
