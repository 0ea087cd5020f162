"""The clients a lab has open, together."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from flowforge_lab.clock import SystemClock
from flowforge_lab.errors import NotFoundError

from .code import CodeRunner
from .connections import Connections
from .database import Databases
from .http import CircuitView, HttpClient, HttpPolicy
from .notebooks import NotebookLimits, NotebookRunner
from .pacing import Pacer
from .sql import SqlClient


def _no_secrets(name: str) -> str:
    msg = f"no secret {name!r}: this lab was opened without secrets"
    raise NotFoundError(msg)


class Clients:
    """One of each client; what it needs is opened on first use, and all is closed together.

    `connections` is the table of that name in `flowforge.toml`, whose relative paths start at
    `folder`; `secret` gives a secret by name. `warm_workers` are kept ready, kernels as the limits say.
    `on_circuit` is told when a host that fails is left alone, and when it is well again; `pacer` says whose
    turn it is. `telegram_url` is where bots whose connection says nothing else find the Bot API.
    """

    def __init__(  # noqa: PLR0913  # what each of the clients needs
        self,
        *,
        http: HttpPolicy | None = None,
        connections: Mapping[str, Any] | None = None,
        folder: Path | None = None,
        secret: Callable[[str], str] = _no_secrets,
        warm_workers: int = 0,
        notebook_limits: NotebookLimits | None = None,
        on_circuit: Callable[[CircuitView], None] | None = None,
        telegram_url: str = "",
    ) -> None:
        self.pacer = Pacer(SystemClock())
        self.http = HttpClient(http, pacer=self.pacer, on_circuit=on_circuit)
        self.code = CodeRunner(warm=warm_workers)
        self.notebooks = NotebookRunner(limits=notebook_limits)
        self.sql = SqlClient()
        self.databases = Databases()
        self.connections = Connections(
            connections or {},
            folder=folder or Path(),
            secret=secret,
            http=self.http,
            sql=self.sql,
            databases=self.databases,
            telegram_url=telegram_url,
        )
        self.telegram = self.connections.telegram

    async def send_to_chat(self, connection: str, chat: str, text: str) -> str:
        """Send a text to a Telegram chat by a connection, by default the only one; return the message's id.

        Raises:
            NodeError: it was not sent.
            NotFoundError: there is no such connection.
        """
        is_number = chat.removeprefix("-").isdecimal()
        facts = {"chat_id": int(chat) if is_number else chat, "text": text}
        sent = await self.telegram.call(connection, "sendMessage", facts)
        return str(sent["message_id"])

    async def warm_up(self) -> None:
        """Start the workers and kernels that are kept ready, without waiting for them."""
        await self.code.warm_up()
        await self.notebooks.warm_up()

    async def close(self) -> None:
        """Close what was opened; harmless if nothing was."""
        await self.http.close()
        await self.code.close()
        await self.notebooks.close()
        await self.sql.close()
        await self.databases.close()
