"""The table of connections as it is written: read, and judged."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from flowforge_lab.errors import NodeError

from .connection_kinds import Connection, DuckdbConnection, PostgresqlConnection
from .database import TablePolicy

SECRET = re.compile(r"\{\{\s*secrets\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")


def credentials_of(connections: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """Return the names of the secrets that each connection, as it is written, needs."""
    return {name: frozenset(SECRET.findall(str(told))) for name, told in connections.items()}


def parsed_connections(
    settings: Mapping[str, Any],
) -> tuple[dict[str, Connection], dict[str, str]]:
    """Return the connections by name, and for each that is set up wrongly what is wrong with it."""
    known: TypeAdapter[Connection] = TypeAdapter(Connection)
    good: dict[str, Connection] = {}
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


def policy_of(name: str, connection: Connection) -> TablePolicy:
    """Return the white list of a database connection.

    Raises:
        NodeError: it is of another kind (`connection.kind`).
    """
    match connection:
        case DuckdbConnection():
            return connection.policy("main")
        case PostgresqlConnection():
            return connection.policy(connection.schema_name)
    raise wrong_kind(name, connection, "postgresql' or 'duckdb")


def wrong_kind(name: str, connection: Connection, expected: str) -> NodeError:
    """Return the error of a connection that is not of the expected kind."""
    title = f"expected a connection of kind {expected!r}, but {name!r} is {connection.kind!r}"
    return NodeError(title, type="connection.kind", is_transient=False)
