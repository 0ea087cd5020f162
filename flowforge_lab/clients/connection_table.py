"""The table of connections as it is written: read, and judged."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from flowforge_lab.errors import NodeError

from .connection_kinds import Connection, DuckdbConnection, PostgresqlConnection
from .database import TablePolicy

FILE = ".flowforge/flowforge.toml"
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
            broken[name] = _told(name, fields, error)
    return good, broken


def _told(name: str, fields: object, error: ValidationError) -> str:
    """Return what is wrong with a connection, each fault with its place; never a value of a field."""
    from flowforge_lab.spec import faults_in  # brings YAML, which workers can do without

    faults = faults_in(fields, Connection, error, shows_values=False)
    return f"in {FILE}: " + "; ".join(
        ".".join(["connections", name, *map(str, fault.path)])
        + f": {fault.text}{fault.hint and f'; {fault.hint}'}"
        for fault in faults
    )


def faults_of(connections: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with each connection, as it is written, that is set up wrongly."""
    return parsed_connections(connections)[1]


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
