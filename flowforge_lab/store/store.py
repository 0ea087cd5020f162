"""Everything that survives, opened as one."""

from pathlib import Path

from flowforge_lab.clock import Clock
from flowforge_lab.ids import new_id

from .blobs import FileBlobs
from .catalogue import Catalogue
from .doorway import Doorway, Terms
from .journal import StoreJournal
from .layout import Layout, lay_out
from .reading import Reader
from .schedules import Schedules
from .variables import VariableTable
from .writing import Writer


class Store:
    """A client of one lab's store. Made by `open_store`; safe to use from several loops and threads."""

    def __init__(self, layout: Layout, clock: Clock, terms: Terms) -> None:
        session = new_id()
        doorway = Doorway(layout.folder, terms)
        self.layout = layout
        self._writer = Writer(doorway, session)
        self._reader = Reader(doorway, session)
        self.journal = StoreJournal(
            self._writer, self._reader, clock, lease=terms.lease, read_sealed=lambda _id: []
        )
        self.blobs = FileBlobs(layout.blobs)
        self.catalogue = Catalogue(self._writer, self._reader)
        self.schedules = Schedules(self._writer, self._reader)
        self.variables = VariableTable(self._writer, self._reader, clock)

    @property
    def lab_id(self) -> str:
        """The id of the lab; a copy of its folder has the same one."""
        return self._writer.facts.lab_id

    @property
    def is_copy(self) -> bool:
        """Whether the folder was copied from another place: then no trigger may fire in it."""
        return self._writer.facts.is_copy

    def close(self) -> None:
        """Write what is queued, give all leases back and hang up; may be called twice."""
        self._writer.close()
        self._reader.close()


def open_store(folder: Path, *, clock: Clock, terms: Terms | None = None) -> Store:
    """Return the store in `folder` (a lab's `.flowforge`), made where it is missing.

    Starts the owner process where none runs. The caller closes the store.

    Raises:
        StoreUnavailableError: the folder or the owner cannot be reached.
        StoreVersionError: the store was written by a newer version.
    """
    return Store(lay_out(folder), clock, terms or Terms())
