"""How a lab's database stands: versions, sizes, and who holds the others up."""

import psycopg

from flowforge_lab.store.database import DatabaseStatus, Target

from .pool import Pool, place_of
from .setup import SCHEMA, lab_id_of, version_of

_STATE = """select current_setting('server_version'), pg_database_size(current_database()),
  (select coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint from pg_class c
    where c.relkind = 'r' and c.relnamespace = to_regnamespace(quote_ident(%s))),
  (select count(*) from pg_stat_activity where datname = current_database()),
  (select coalesce(extract(epoch from max(clock_timestamp() - xact_start)), 0)::float8
    from pg_stat_activity where backend_xid is not null or backend_xmin is not null)"""


def status(target: Target) -> DatabaseStatus:
    """Return how the database stands; a schema without tables has version 0."""
    pool = Pool(target)
    pool.open()
    try:
        with pool.connection() as connection:
            return _status(connection, target)
    finally:
        pool.close()


def _status(connection: psycopg.Connection, target: Target) -> DatabaseStatus:
    version = version_of(connection)
    found = connection.execute(_STATE, [target.schema]).fetchone() or ("", 0, 0, 0, 0.0)
    return DatabaseStatus(
        place_of(target.url),
        target.schema,
        version,
        SCHEMA,
        lab_id_of(connection) if version else "",
        *found,
    )
