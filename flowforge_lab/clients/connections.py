"""Connections by name, as `flowforge.toml` describes them, each with a way to try it."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec
from pydantic import SecretStr

from flowforge_lab.clock import SystemClock
from flowforge_lab.errors import FlowForgeError, NodeError, NotFoundError, SettingsError

from .connection_kinds import (
    BasicSettings,
    BearerSettings,
    Connection,
    DuckdbConnection,
    HeaderSettings,
    HttpConnection,
    ImapConnection,
    OAuth2Settings,
    PostgresqlConnection,
    ResendConnection,
    SmtpConnection,
)
from .connection_table import FILE, SECRET, parsed_connections, policy_of, wrong_kind
from .database import Databases, Outcome, Ready, Statement, TablePolicy, Work, WrittenSql
from .http import (
    Auth,
    BasicAuth,
    BearerAuth,
    ClientCredentials,
    HeaderAuth,
    HttpClient,
    HttpRequest,
)
from .mail import (
    MailboxAddress,
    MailMessage,
    MailSent,
    ResendAddress,
    ask_domains,
    count_unseen,
    greet,
    send_by_resend,
    send_by_smtp,
)
from .sql import SqlClient, SqlQuery
from .telegram import Bot, TelegramClient, TelegramConnection, bot_of

ReadSecret = Callable[[str], str]


class ConnectionTest(msgspec.Struct, frozen=True):
    """Whether a connection works, in `seconds`, and if not why not."""

    name: str
    is_ok: bool
    message: str
    seconds: float


class Connections:
    """The connections of a lab. Secrets are read when they are used, and kept nowhere.

    `faults` says of each that is set up wrongly what is wrong with it; the others work.
    """

    def __init__(  # noqa: PLR0913  # what connections of every kind go by
        self,
        settings: Mapping[str, Any],
        *,
        folder: Path,
        secret: ReadSecret,
        http: HttpClient,
        sql: SqlClient,
        databases: Databases,
        telegram_url: str = "",
    ) -> None:
        self._known, self.faults = parsed_connections(settings)
        self._folder = folder
        self._secret = secret
        self._http = http
        self._sql = sql
        self._databases = databases
        self._telegram_url = telegram_url
        self.telegram = TelegramClient(http, self.bot, SystemClock())

    def names(self) -> tuple[str, ...]:
        """Return the names of all connections, sorted."""
        return tuple(sorted([*self._known, *self.faults]))

    def get(self, name: str) -> Connection:
        """Return what the lab knows of a connection, its secrets not filled in.

        Raises:
            NotFoundError: there is none of that name; the text names the nearest.
            SettingsError: it is set up wrongly; the text says how. The other connections work.
        """
        if name in self._known:
            return self._known[name]
        if name in self.faults:
            raise SettingsError(self.faults[name])
        from flowforge_lab.spec import did_you_mean  # brings YAML, which workers can do without

        hint = did_you_mean(name, self._known) or f"set it up in {FILE}"
        has = ", ".join(self.names()) or "none"
        msg = f"no connection {name!r}; the lab has: {has}; {hint}"
        raise NotFoundError(msg)

    def request(self, name: str, request: HttpRequest) -> HttpRequest:
        """Return the request sent by way of a connection: its address, headers and credentials added.

        What the request says itself wins.

        Raises:
            NotFoundError: no connection or no secret of that name.
            NodeError: the request leads to another host (`http.blocked`), or the connection is of
                another kind (`connection.kind`).
        """
        connection = self.get(name)
        if not isinstance(connection, HttpConnection):
            raise wrong_kind(name, connection, "http")
        base = connection.base_url.rstrip("/") + "/"
        address = urljoin(
            base, request.url.lstrip("/") if "://" not in request.url else request.url
        )
        if urlsplit(address)[:2] != urlsplit(base)[:2]:
            title = f"the connection {name!r} is for {urlsplit(base).netloc}"
            detail = f"found {urlsplit(address).netloc}; its credentials stay at home"
            raise NodeError(title, type="http.blocked", detail=detail, is_transient=False)
        headers = {header: self._filled(text) for header, text in connection.headers.items()}
        return msgspec.structs.replace(
            request,
            url=address if request.url else connection.base_url,
            headers={**headers, **request.headers},
            auth=request.auth or self._auth(connection),
            allow_private=request.allow_private or connection.allow_private,
            proxy=SecretStr(self._filled(connection.proxy)) if connection.proxy else None,
        )

    def database(self, name: str) -> tuple[Path, bool]:
        """Return the file of a DuckDB connection, and whether it is only read.

        Raises:
            NotFoundError: no connection of that name.
            NodeError: the connection is of another kind (`connection.kind`).
        """
        connection = self.get(name)
        if not isinstance(connection, DuckdbConnection):
            raise wrong_kind(name, connection, "duckdb")
        return self._folder / connection.path, connection.read_only

    async def run_statements(
        self,
        name: str,
        statements: Sequence[Statement],
        *,
        is_atomic: bool = True,
        is_read_only: bool = False,
        max_rows: int = 100_000,
        seconds: float = 60.0,
    ) -> list[Outcome]:
        """Run statements over a database connection within its white list; return what each came to.

        Raises:
            NotFoundError: no connection or no secret of that name.
            NodeError: the connection is of another kind, or as `Databases` says.
        """
        connection = self.get(name)
        work = Work(
            statements=statements,
            policy=policy_of(name, connection),
            is_atomic=is_atomic,
            is_read_only=is_read_only,
            max_rows=max_rows,
            seconds=seconds,
        )
        if isinstance(connection, PostgresqlConnection):
            work = msgspec.structs.replace(
                work,
                max_rows=min(max_rows, connection.max_rows),
                seconds=min(seconds, connection.timeout),
            )
            return await self._databases.postgres(connection.address(self._filled), work)
        path, is_read_only_file = self.database(name)
        if is_read_only_file and not is_read_only:
            title, detail = "nothing to write to", f"the connection {name!r} is only read"
            raise NodeError(title, type="sql.read_only", detail=detail, is_transient=False)
        return await self._databases.duckdb(path, work)

    async def run_own(self, name: str, statements: Sequence[Ready]) -> list[Outcome]:
        """Run statements of the product's own over a PostgreSQL connection, as one transaction.

        The white list is for what workflows ask: here it is not looked at.

        Raises:
            NotFoundError: no connection or no secret of that name.
            NodeError: the connection is of another kind, or as `Databases` says.
        """
        connection = self.get(name)
        if not isinstance(connection, PostgresqlConnection):
            raise wrong_kind(name, connection, "postgresql")
        address = connection.address(self._filled)
        return await self._databases.own(address, statements, seconds=connection.timeout)

    async def keep_events(self, name: str, events: Sequence[Mapping[str, Any]]) -> None:
        """Add events to the table `events` of a DuckDB connection; one that is there by its id stays.

        Raises:
            NotFoundError: no connection of that name.
            NodeError: the connection is of another kind, or only read; or as `Databases` says.
        """
        path, is_read_only = self.database(name)
        if is_read_only:
            title, detail = "nothing to write to", f"the connection {name!r} is only read"
            raise NodeError(title, type="sql.read_only", detail=detail, is_transient=False)
        await self._databases.keep_events(path, events)

    def mail_senders(self) -> list[str]:
        """Return the names of the connections that send mail, sorted."""
        kinds = SmtpConnection | ResendConnection
        return sorted(name for name, one in self._known.items() if isinstance(one, kinds))

    def sender(self, name: str) -> str:
        """Return whom mails of a connection come from where they do not say; maybe empty.

        Raises:
            NotFoundError: no connection of that name.
            NodeError: the connection is of another kind (`connection.kind`).
        """
        connection = self.get(name)
        if isinstance(connection, SmtpConnection | ResendConnection):
            return connection.sender
        raise wrong_kind(name, connection, "smtp' or 'resend")

    async def send_mail(self, name: str, message: MailMessage) -> MailSent:
        """Send a mail over a connection of the kind `smtp` or `resend`.

        Raises:
            NotFoundError: no connection or no secret of that name.
            NodeError: the connection is of another kind, or as `send_by_smtp` says.
        """
        connection = self.get(name)
        match connection:
            case SmtpConnection():
                return await send_by_smtp(connection.address(self._filled), message)
            case ResendConnection():
                return await send_by_resend(self._http, self._resend(connection), message)
        raise wrong_kind(name, connection, "smtp' or 'resend")

    def mailbox(self, name: str) -> MailboxAddress:
        """Return the mailbox of a connection of the kind `imap`.

        Raises:
            NotFoundError: no connection or no secret of that name.
            NodeError: the connection is of another kind (`connection.kind`).
        """
        connection = self.get(name)
        if not isinstance(connection, ImapConnection):
            raise wrong_kind(name, connection, "imap")
        return MailboxAddress(
            host=connection.host,
            port=connection.port or (993 if connection.security == "tls" else 143),
            security=connection.security,
            user=self._filled(connection.user),
            password=self._filled(connection.password),
            ca_file=connection.ca_file,
            seconds=connection.timeout,
        )

    def bot(self, name: str) -> Bot:
        """Return the bot of a Telegram connection; an empty name is that of the only one there is.

        Raises:
            NotFoundError: no connection or no secret of that name.
            NodeError: the connection is of another kind (`connection.kind`), or none is named and there
                is not exactly one (`telegram.no_bot`).
        """
        name = name or self._only_bot()
        connection = self.get(name)
        if not isinstance(connection, TelegramConnection):
            raise wrong_kind(name, connection, "telegram")
        return bot_of(
            name,
            connection,
            token=self._filled(connection.token),
            secret_token=self._filled(connection.secret_token),
            base_url=self._telegram_url,
        )

    def bots(self) -> tuple[str, ...]:
        """Return the names of the Telegram connections, sorted."""
        found = (name for name, one in self._known.items() if isinstance(one, TelegramConnection))
        return tuple(sorted(found))

    def _only_bot(self) -> str:
        bots = self.bots()
        if len(bots) == 1:
            return bots[0]
        has = f"name one of: {', '.join(bots)}" if bots else "the lab has no Telegram connection"
        msg = "no bot is named"
        raise NodeError(msg, type="telegram.no_bot", detail=has, is_transient=False)

    async def test(self, name: str) -> ConnectionTest:
        """Try the connection once, and tell whether it works.

        Raises:
            NotFoundError: no connection of that name.
        """
        if name in self.faults:
            return ConnectionTest(name, is_ok=False, message=self.faults[name], seconds=0.0)
        connection = self.get(name)
        started = time.perf_counter()
        try:
            said = await self._tried(name, connection)
        except FlowForgeError as error:
            seconds = time.perf_counter() - started
            return ConnectionTest(name, is_ok=False, message=str(error), seconds=seconds)
        seconds = time.perf_counter() - started
        return ConnectionTest(name, is_ok=True, message=said, seconds=seconds)

    async def _tried(self, name: str, connection: Connection) -> str:
        if isinstance(connection, SmtpConnection):
            return await greet(connection.address(self._filled))
        if isinstance(connection, ResendConnection):
            return await ask_domains(self._http, self._resend(connection))
        if isinstance(connection, ImapConnection):
            return await asyncio.to_thread(count_unseen, self.mailbox(name))
        if isinstance(connection, TelegramConnection):
            me = await self.telegram.call(name, "getMe", seconds=15.0)
            return f"the bot is @{me.get('username', '')}"
        return await self._tried_data(name, connection)

    async def _tried_data(
        self, name: str, connection: HttpConnection | DuckdbConnection | PostgresqlConnection
    ) -> str:
        match connection:
            case HttpConnection():
                return await self._test_http(name, connection)
            case DuckdbConnection():
                return await self._test_duckdb(name)
            case PostgresqlConnection():
                return await self._test_postgresql(connection)

    async def _test_postgresql(self, connection: PostgresqlConnection) -> str:
        ask = WrittenSql(sql="SELECT version() AS version")
        work = Work(statements=[ask], policy=TablePolicy(), is_read_only=True, seconds=10.0)
        [outcome] = await self._databases.postgres(connection.address(self._filled), work)
        return str(outcome.rows[0]["version"]).partition(" on ")[0]

    def _resend(self, connection: ResendConnection) -> ResendAddress:
        return ResendAddress(
            api_key=self._filled(connection.api_key),
            base_url=connection.base_url,
            allow_private=connection.allow_private,
            seconds=connection.timeout,
        )

    async def _test_http(self, name: str, connection: HttpConnection) -> str:
        request = self.request(name, HttpRequest(url=connection.test_path))
        answer = await self._http.send(
            msgspec.structs.replace(request, accept=("200-399", "404", "405"), timeout=10.0)
        )
        return f"{answer.url} answered {answer.status}"

    async def _test_duckdb(self, name: str) -> str:
        path, is_read_only = self.database(name)
        sql = "SELECT count(*) AS tables FROM duckdb_tables() WHERE database_name = 'connection'"
        query = SqlQuery(sql=sql, database=path, is_read_only=is_read_only, seconds=10.0)
        result = await self._sql.query(query)
        return f"{path.name} has {result.rows()[0]['tables']} tables"

    def _filled(self, text: str) -> str:
        return SECRET.sub(lambda found: self._secret(found.group(1)), text)

    def _auth(self, connection: HttpConnection) -> Auth | None:
        match connection.auth:
            case BasicSettings(user=user, password=password):
                return BasicAuth(user, SecretStr(self._filled(password)))
            case BearerSettings(token=token):
                return BearerAuth(SecretStr(self._filled(token)))
            case HeaderSettings(name=name, value=value):
                return HeaderAuth(name, SecretStr(self._filled(value)))
            case OAuth2Settings() as found:
                secret = SecretStr(self._filled(found.client_secret))
                return ClientCredentials(
                    found.token_url, found.client_id, secret, found.scope, allow_private=True
                )
        return None
