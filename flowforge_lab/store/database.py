"""Which PostgreSQL keeps the journal, where the lab has one."""

from pathlib import Path

import msgspec

from .objects import ObjectsTarget


class Target(msgspec.Struct, frozen=True):
    """A lab's place in a PostgreSQL: its address, its schema there, and the folder all machines share.

    Segments, blobs and artifacts lie in `shared`, else in the lab's own folder, segments and blobs in
    `objects` where that is given. `pool_size` is how many connections one process opens at most.
    """

    url: str
    schema: str = "flowforge"
    shared: Path | None = None
    pool_size: int = 6
    objects: ObjectsTarget | None = None


class SetUp(msgspec.Struct, frozen=True):
    """What setting up found and left: the versions of the tables, 0 where there were none."""

    place: str
    schema: str
    was: int
    version: int
    lab_id: str


class Moved(msgspec.Struct, frozen=True):
    """What was copied to a database: rows by table, the digest of them all, and files beside them.

    `was_there`: an earlier run had copied it all, and nothing has changed since.
    """

    place: str
    schema: str
    rows: dict[str, int]
    digest: str
    files: int
    was_there: bool


class DatabaseStatus(msgspec.Struct, frozen=True):
    """How a lab's database stands. `version` is of the tables, 0 where there are none; `known` is ours.

    `oldest_transaction` is in seconds: while it lasts, the history shows nothing newer.
    """

    place: str
    schema: str
    version: int
    known: int
    lab_id: str
    server: str
    database_bytes: int
    lab_bytes: int
    connections: int
    oldest_transaction: float
