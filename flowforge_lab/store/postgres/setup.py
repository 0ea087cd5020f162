"""Makes the tables, raises older ones to this version, and looks whether a database holds a lab."""

import psycopg
from psycopg import errors, sql

from flowforge_lab.errors import StoreUnavailableError, StoreVersionError
from flowforge_lab.ids import new_id
from flowforge_lab.store.database import SetUp, Target

from .locks import numbers_of
from .pool import Pool, place_of
from .schema import MIGRATIONS, SHIFT

SCHEMA = len(MIGRATIONS)
"""The version of the tables, kept in `meta` as `schema`."""

_HIGHEST = """select greatest((select coalesce(max(id), 0) from events),
  (select coalesce(max(hi), 0) from segments), (select coalesce(max(changed), 0) from executions),
  (select coalesce(max(changed), 0) from dead_letters),
  (select coalesce(max(value::bigint), 0) from meta where name = 'sealed_to'))"""

_NEXT = f"""select base + (pg_snapshot_xmax(pg_current_snapshot())::text::bigint << {SHIFT})
  from turns"""


def set_up(target: Target) -> SetUp:
    """Make or raise the tables in the target's schema; once more does no harm, also at the same time.

    Raises:
        StoreUnavailableError: the database cannot be reached, or we may not make tables in it.
        StoreVersionError: a newer version of the product made the tables.
    """
    pool = Pool(target)
    pool.open()
    try:
        with pool.connection() as connection, connection.transaction():
            return _set_up(connection, target)
    except errors.InsufficientPrivilege as error:
        msg = f"may not make tables in {place_of(target.url)}: {error.diag.message_primary}"
        raise StoreUnavailableError(msg) from error
    finally:
        pool.close()


def _set_up(connection: psycopg.Connection, target: Target) -> SetUp:
    [number] = numbers_of(["setup"], target.schema)
    connection.execute("select pg_advisory_xact_lock(%s)", [number])
    schema = sql.Identifier(target.schema)
    connection.execute(sql.SQL("create schema if not exists {}").format(schema))
    was = version_of(connection)
    _refuse_newer(was)
    for step in range(was, SCHEMA):
        connection.execute(MIGRATIONS[step])
    remember(connection, {"schema": str(SCHEMA)})
    connection.execute(
        "insert into meta values ('lab_id', %s) on conflict(name) do nothing", [new_id()]
    )
    raise_base(connection)
    return SetUp(place_of(target.url), target.schema, was, SCHEMA, lab_id_of(connection))


def look_over(pool: Pool) -> str:
    """Return the id of the lab in a database that is ready to be used.

    Raises:
        StoreUnavailableError: it holds no lab.
        StoreVersionError: its tables are older or newer than this version's.
    """
    with pool.connection() as connection, connection.transaction():
        version = version_of(connection)
        where = f"{place_of(pool.target.url)}, schema {pool.target.schema!r}"
        if version == 0:
            msg = f"there is no lab in {where}: make its tables with `flowforge db setup`"
            raise StoreUnavailableError(msg)
        _refuse_newer(version)
        if version < SCHEMA:
            msg = (
                f"the lab in {where} has tables of version {version}, this version of"
                f" flowforge-lab needs {SCHEMA}: raise them with `flowforge db setup`"
            )
            raise StoreVersionError(msg)
        raise_base(connection)
        return lab_id_of(connection)


def version_of(connection: psycopg.Connection) -> int:
    """Return the version of the tables in the schema of the connection; 0 where there are none."""
    [there] = connection.execute(
        "select to_regclass(quote_ident(current_schema()) || '.meta') is not null"
    ).fetchone() or [False]
    if not there:
        return 0
    found = connection.execute("select value from meta where name = 'schema'").fetchone()
    return int(found[0]) if found else 0


def lab_id_of(connection: psycopg.Connection) -> str:
    """Return the id of the lab in a schema that is set up."""
    found = connection.execute("select value from meta where name = 'lab_id'").fetchone()
    return str(found[0]) if found else ""


def remember(connection: psycopg.Connection, facts: dict[str, str]) -> None:
    """Write facts about the lab down."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into meta values (%s, %s) on conflict(name) do update set value = excluded.value",
            list(facts.items()),
        )


def raise_base(connection: psycopg.Connection) -> None:
    """Let new positions be higher than all that are there.

    They count the transactions of the database server. One that was restored from a dump, or filled from
    another lab, may be younger than what it holds; else what is new would count as sealed long ago.
    """
    if not _lag(connection):
        return
    connection.execute(
        "lock table turns in access exclusive mode"
    )  # whoever has a turn ends first
    connection.execute("update turns set base = base + %s", [_lag(connection)])


def _lag(connection: psycopg.Connection) -> int:
    row = connection.execute(f"select ({_HIGHEST}) + 1 - ({_NEXT})").fetchone()
    return max(row[0], 0) if row else 0


def _refuse_newer(version: int) -> None:
    if version > SCHEMA:
        msg = (
            f"the database has tables of version {version}, this version of flowforge-lab knows"
            f" {SCHEMA}: upgrade flowforge-lab"
        )
        raise StoreVersionError(msg)
