"""Connections by name, as `flowforge.toml` describes them, each with a way to try it."""

import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urljoin, urlsplit

import msgspec
from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError

from flowforge_lab.clock import SystemClock
from flowforge_lab.errors import FlowForgeError, NodeError, NotFoundError, SettingsError

from .http import (
    Auth,
    BasicAuth,
    BearerAuth,
    ClientCredentials,
    HeaderAuth,
    HttpClient,
    HttpRequest,
)
from .sql import SqlClient, SqlQuery
from .telegram import Bot, TelegramClient, TelegramConnection, bot_of

_SECRET = re.compile(r"\{\{\s*secrets\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
ReadSecret = Callable[[str], str]


def credentials_of(connections: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """Return the names of the secrets that each connection, as it is written, needs."""
    return {name: frozenset(_SECRET.findall(str(told))) for name, told in connections.items()}


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class _Basic(_Settings):
    type: Literal["basic"]
    user: str
    password: str


class _Bearer(_Settings):
    type: Literal["bearer"]
    token: str


class _Header(_Settings):
    type: Literal["header"]
    name: str
    value: str


class _OAuth2(_Settings):
    type: Literal["oauth2"]
    token_url: str
    client_id: str
    client_secret: str
    scope: str = ""


class HttpConnection(_Settings):
    """A service: where it is, what every request carries, and a path that answers when it is well."""

    kind: Literal["http"]
    base_url: str = Field(pattern=r"^https?://[^/]+")
    headers: dict[str, str] = {}
    auth: Annotated[_Basic | _Bearer | _Header | _OAuth2, Field(discriminator="type")] | None = (
        None
    )
    allow_private: bool = False
    timeout: float | None = None
    test_path: str = ""


class DuckdbConnection(_Settings):
    """A DuckDB file; a relative path starts at the lab's folder."""

    kind: Literal["duckdb"]
    path: str
    read_only: bool = True


AnyConnection = HttpConnection | DuckdbConnection | TelegramConnection
Connection = Annotated[AnyConnection, Field(discriminator="kind")]


class ConnectionTest(msgspec.Struct, frozen=True):
    """Whether a connection works, in `seconds`, and if not why not."""

    name: str
    is_ok: bool
    message: str
    seconds: float


class Connections:
    """The connections of a lab. Secrets are read when they are used, and kept nowhere."""

    def __init__(
        self,
        settings: Mapping[str, Any],
        *,
        folder: Path,
        secret: ReadSecret,
        http: HttpClient,
        sql: SqlClient,
        telegram_url: str = "",
    ) -> None:
        self._known, self._broken = _parsed(settings)
        self._folder = folder
        self._secret = secret
        self._http = http
        self._sql = sql
        self._telegram_url = telegram_url
        self.telegram = TelegramClient(http, self.bot, SystemClock())

    def names(self) -> tuple[str, ...]:
        """Return the names of all connections, sorted."""
        return tuple(sorted([*self._known, *self._broken]))

    def get(self, name: str) -> AnyConnection:
        """Return what the lab knows of a connection, its secrets not filled in.

        Raises:
            NotFoundError: there is none of that name; the text names the nearest.
            SettingsError: it is set up wrongly; the text says how. The other connections work.
        """
        if name in self._known:
            return self._known[name]
        if name in self._broken:
            msg = f"in .flowforge/flowforge.toml: {self._broken[name]}"
            raise SettingsError(msg)
        from flowforge_lab.spec import did_you_mean  # brings YAML, which workers can do without

        hint = did_you_mean(name, self._known) or "set it up in .flowforge/flowforge.toml"
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
            raise _wrong_kind(name, connection, "http")
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
        )

    def database(self, name: str) -> tuple[Path, bool]:
        """Return the file of a DuckDB connection, and whether it is only read.

        Raises:
            NotFoundError: no connection of that name.
            NodeError: the connection is of another kind (`connection.kind`).
        """
        connection = self.get(name)
        if not isinstance(connection, DuckdbConnection):
            raise _wrong_kind(name, connection, "duckdb")
        return self._folder / connection.path, connection.read_only

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
            raise _wrong_kind(name, connection, "telegram")
        return bot_of(
            name,
            connection,
            token=self._filled(connection.token),
            secret_token=self._filled(connection.secret_token),
            base_url=self._telegram_url,
        )

    def bots(self) -> tuple[str, ...]:
        """Return the names of the Telegram connections, sorted."""
        return tuple(
            sorted(
                name for name, one in self._known.items() if isinstance(one, TelegramConnection)
            )
        )

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
        connection = self.get(name)
        started = time.perf_counter()
        try:
            said = await self._tried(name, connection)
        except FlowForgeError as error:
            seconds = time.perf_counter() - started
            return ConnectionTest(name, is_ok=False, message=str(error), seconds=seconds)
        seconds = time.perf_counter() - started
        return ConnectionTest(name, is_ok=True, message=said, seconds=seconds)

    async def _tried(self, name: str, connection: AnyConnection) -> str:
        match connection:
            case HttpConnection():
                return await self._test_http(name, connection)
            case TelegramConnection():
                me = await self.telegram.call(name, "getMe", seconds=15.0)
                return f"the bot is @{me.get('username', '')}"
            case _:
                return await self._test_duckdb(name)

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
        return _SECRET.sub(lambda found: self._secret(found.group(1)), text)

    def _auth(self, connection: HttpConnection) -> Auth | None:
        match connection.auth:
            case _Basic(user=user, password=password):
                return BasicAuth(user, SecretStr(self._filled(password)))
            case _Bearer(token=token):
                return BearerAuth(SecretStr(self._filled(token)))
            case _Header(name=name, value=value):
                return HeaderAuth(name, SecretStr(self._filled(value)))
            case _OAuth2() as found:
                secret = SecretStr(self._filled(found.client_secret))
                return ClientCredentials(
                    found.token_url, found.client_id, secret, found.scope, allow_private=True
                )
        return None


def _parsed(
    settings: Mapping[str, Any],
) -> tuple[dict[str, AnyConnection], dict[str, str]]:
    """Return the connections by name, and for each that is set up wrongly what is wrong with it."""
    known: TypeAdapter[AnyConnection] = TypeAdapter(Connection)
    good: dict[str, AnyConnection] = {}
    broken: dict[str, str] = {}
    for name, fields in settings.items():
        try:
            good[name] = known.validate_python(fields)
        except ValidationError as error:
            broken[name] = "; ".join(
                ".".join(["connections", name, *map(str, found["loc"])]) + f": {found['msg']}"
                for found in error.errors(include_url=False, include_input=False)
            )
    return good, broken


def _wrong_kind(name: str, connection: AnyConnection, expected: str) -> NodeError:
    title = f"expected a connection of kind {expected!r}, but {name!r} is {connection.kind!r}"
    return NodeError(title, type="connection.kind", is_transient=False)
