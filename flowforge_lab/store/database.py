"""Which PostgreSQL keeps the journal, where the lab has one."""

from pathlib import Path

import msgspec


class Target(msgspec.Struct, frozen=True):
    """A lab's place in a PostgreSQL: its address, its schema there, and the folder all machines share.

    Segments, blobs and artifacts lie in `shared`, else in the lab's own folder. `pool_size` is how many
    connections one process opens at most.
    """

    url: str
    schema: str = "flowforge"
    shared: Path | None = None
    pool_size: int = 6
