"""What the lab's file says of each kind of connection."""

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from .database import Address, TablePolicy, Verb
from .mail import SmtpAddress
from .telegram import TelegramConnection

Filled = Callable[[str], str]
"""Gives a text with the secrets it names in their places."""


class ConnectionSettings(BaseModel):
    """Settings of a connection; unknown ones are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class BasicSettings(ConnectionSettings):
    """User and password."""

    type: Literal["basic"]
    user: str
    password: str


class BearerSettings(ConnectionSettings):
    """A token."""

    type: Literal["bearer"]
    token: str


class HeaderSettings(ConnectionSettings):
    """A header of the service's own."""

    type: Literal["header"]
    name: str
    value: str


class OAuth2Settings(ConnectionSettings):
    """OAuth2 client credentials."""

    type: Literal["oauth2"]
    token_url: str
    client_id: str
    client_secret: str
    scope: str = ""


AuthSettings = Annotated[
    BasicSettings | BearerSettings | HeaderSettings | OAuth2Settings, Field(discriminator="type")
]


class HttpConnection(ConnectionSettings):
    """A service: where it is, what every request carries, and a path that answers when it is well."""

    kind: Literal["http"]
    base_url: str = Field(pattern=r"^https?://[^/]+")
    headers: dict[str, str] = {}
    auth: (
        Annotated[
            BasicSettings | BearerSettings | HeaderSettings | OAuth2Settings,
            Field(discriminator="type"),
        ]
        | None
    ) = None
    allow_private: bool = False
    timeout: float | None = None
    test_path: str = ""
    proxy: str = Field(default="", pattern=r"^(https?://.+)?$")


class _WhiteList(ConnectionSettings):
    """What `action.database_query` may do over a connection; by default it may only read."""

    statements: list[Verb] = ["select"]
    tables: list[str] = ["*"]
    columns: dict[str, list[str]] = {}
    functions: list[str] = []

    def policy(self, schema: str) -> TablePolicy:
        """Return the white list, names without a schema being of `schema`."""
        return TablePolicy(
            statements=frozenset(self.statements),
            tables=tuple(self.tables),
            columns={table: tuple(names) for table, names in self.columns.items()},
            functions=frozenset(name.lower() for name in self.functions),
            schema=schema,
        )


class DuckdbConnection(_WhiteList):
    """A DuckDB file; a relative path starts at the lab's folder."""

    kind: Literal["duckdb"]
    path: str
    read_only: bool = True


class PostgresqlConnection(_WhiteList):
    """A PostgreSQL database; `host` may be the folder of a socket, and the password a secret."""

    kind: Literal["postgresql"]
    host: str = "localhost"
    port: int = Field(default=5432, ge=1, le=65535)
    database: str = Field(min_length=1)
    user: str = ""
    password: str = ""
    ssl: Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] = "prefer"
    ca_file: str = ""
    schema_name: str = Field(default="public", alias="schema")
    max_connections: int = Field(default=5, ge=1, le=100)
    max_rows: int = Field(default=1_000_000, ge=1)
    timeout: float = Field(default=60.0, gt=0)

    def address(self, filled: Filled) -> Address:
        """Return where the database is, its secrets filled in."""
        return Address(
            host=self.host,
            port=self.port,
            database=self.database,
            user=filled(self.user),
            password=filled(self.password),
            ssl=self.ssl,
            ca_file=self.ca_file,
            max_connections=self.max_connections,
        )


class SmtpConnection(ConnectionSettings):
    """A mail server to send by; `from` is whom mails come from where they do not say."""

    kind: Literal["smtp"]
    host: str
    port: int = Field(default=0, ge=0, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = ""
    sender: str = Field(default="", alias="from")
    ca_file: str = ""
    timeout: float = Field(default=30.0, gt=0)

    def address(self, filled: Filled) -> SmtpAddress:
        """Return where the server is, its secrets filled in."""
        return SmtpAddress(
            host=self.host,
            port=self.port or (465 if self.security == "tls" else 587),
            security=self.security,
            user=filled(self.user),
            password=filled(self.password),
            ca_file=self.ca_file,
            seconds=self.timeout,
        )


class ResendConnection(ConnectionSettings):
    """The mail service Resend, or one that speaks its API at another `base_url`."""

    kind: Literal["resend"]
    api_key: str
    sender: str = Field(default="", alias="from")
    base_url: str = Field(default="https://api.resend.com", pattern=r"^https?://[^/]+")
    allow_private: bool = False
    timeout: float = Field(default=30.0, gt=0)


class ImapConnection(ConnectionSettings):
    """A mailbox to read."""

    kind: Literal["imap"]
    host: str
    port: int = Field(default=0, ge=0, le=65535)
    security: Literal["starttls", "tls", "none"] = "tls"
    user: str
    password: str
    ca_file: str = ""
    timeout: float = Field(default=30.0, gt=0)


Connection = Annotated[
    HttpConnection
    | DuckdbConnection
    | PostgresqlConnection
    | SmtpConnection
    | ResendConnection
    | ImapConnection
    | TelegramConnection,
    Field(discriminator="kind"),
]
