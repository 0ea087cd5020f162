"""The way to a journal in PostgreSQL: psycopg is an extra, and loaded only by who asks for it."""

from pathlib import Path

from flowforge_lab.errors import StoreUnavailableError

from .database import DatabaseStatus, Moved, SetUp, Target
from .ends import Ends
from .layout import Layout

_MISSING = "a journal in PostgreSQL needs psycopg: pip install 'flowforge-lab[postgres]'"


def open_shared(target: Target, layout: Layout) -> Ends:
    """Return what reads and writes the journal in a database.

    Raises:
        StoreUnavailableError: it cannot be reached or holds no lab, or psycopg is not installed.
        StoreVersionError: its tables are of another version.
    """
    try:
        from .postgres import open_ends
    except ImportError as error:
        raise StoreUnavailableError(_MISSING) from error
    return open_ends(target, layout)


def set_up_database(target: Target) -> SetUp:
    """Make the tables and indexes of a lab, or raise those of an older version; twice does no harm.

    Raises:
        StoreUnavailableError: the database cannot be reached, or takes no tables from us.
        StoreVersionError: a newer version made the tables.
    """
    try:
        from .postgres import set_up
    except ImportError as error:
        raise StoreUnavailableError(_MISSING) from error
    return set_up(target)


def look_at_database(target: Target) -> DatabaseStatus:
    """Return how a database stands, whether it holds a lab or not.

    Raises:
        StoreUnavailableError: it cannot be reached.
    """
    try:
        from .postgres import status
    except ImportError as error:
        raise StoreUnavailableError(_MISSING) from error
    return status(target)


def move_to_database(folder: Path, target: Target) -> Moved:
    """Copy the journal in `folder` (a lab's `.flowforge`) to a database, compare, and leave a sign.

    Nothing may use the lab meanwhile, and nothing may run in it. The old journal stays where it is; once
    the sign is there, the lab opens only with the database. Again, it finds everything there.

    Raises:
        ConflictError: executions run, somebody uses the lab, it is a copy, or the database holds another.
        StoreError: what arrived is not what was sent; then nothing of it stays.
    """
    try:
        from .postgres import move
    except ImportError as error:
        raise StoreUnavailableError(_MISSING) from error
    return move(folder, target)
