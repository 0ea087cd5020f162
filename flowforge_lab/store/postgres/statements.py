"""The owner's statements as psycopg takes them, and those that PostgreSQL has to say in its own way."""

import re

from flowforge_lab.store.owner.statements import READS as SHARED_READS
from flowforge_lab.store.owner.statements import WRITES as SHARED_WRITES

_NAMED = re.compile(r"(?<![:\w]):([a-z_]+)")


def placed(sql: str) -> str:
    """Return a shared statement with psycopg's placeholders: `%(name)s` for `:name`, `%s` for `?`.

    Nothing else about it changes: the shared statements keep to words that both databases know.
    """
    return _NAMED.sub(r"%(\1)s", sql.replace("%", "%%")).replace("?", "%s")


_OWN_READS = {
    "blob_refs": """select digest from blob_refs
      union select found[1] from pins, regexp_matches(value, '"([0-9a-f]{64})"', 'g') found""",
    "last_position": "select horizon() - 1",
}

READS = {name: placed(sql) for name, sql in (SHARED_READS | _OWN_READS).items()}
WRITES = {name: tuple(placed(sql) for sql in many) for name, many in SHARED_WRITES.items()}
