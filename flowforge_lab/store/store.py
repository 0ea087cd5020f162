"""Everything that survives, opened as one."""

import asyncio
from pathlib import Path

from flowforge_lab.clock import Clock

from .backup import back_up
from .blobs import FileBlobs
from .catalogue import Catalogue
from .database import Target
from .doctor import Finding, examine
from .doorway import Terms
from .enclosed import EnclosedHistory
from .ends import Ends, owner_ends
from .history import History
from .housekeeping import Housekeeper, HousekeepingPlan
from .journal import StoreJournal
from .keepers import open_shared
from .layout import Layout, lay_out_for, refuse_moved
from .publishing import Publisher
from .schedules import Schedules
from .sealing import Sealer
from .segments import SegmentFiles
from .snapshot import RefusingWriter, read_only
from .users import UserTable
from .variables import VariableTable


class Store:
    """A client of one lab's store. Made by `open_store`; for any number of loops and threads."""

    def __init__(self, layout: Layout, clock: Clock, ends: Ends, *, lease: float) -> None:
        self.layout = layout
        self._ends = ends
        self._writer, self._reader = ends.writer, ends.reader
        self.files = files = SegmentFiles(layout.segments, layout.objects)
        self.sealer = Sealer(files, self._writer, self._reader, alone=ends.alone, clock=clock)
        self.history = History(files, self._reader)
        self.enclosed = EnclosedHistory(files, self._reader)
        self.publisher = Publisher(layout, self.history, clock)
        self.journal = StoreJournal(
            self._writer, self._reader, self.sealer, clock=clock, lease=lease
        )
        self.blobs = FileBlobs(layout.blobs, layout.objects)
        self.catalogue = Catalogue(self._writer, self._reader)
        self.schedules = Schedules(self._writer, self._reader)
        self.variables = VariableTable(self._writer, self._reader, clock)
        self.users = UserTable(self._writer, self._reader)
        self._housekeeper = Housekeeper(
            files, self.sealer, self.publisher, blobs=self.blobs, clock=clock
        )

    @property
    def lab_id(self) -> str:
        """The id of the lab; a copy of its folder has the same one, until it is adopted."""
        return self._writer.facts.lab_id

    @property
    def is_copy(self) -> bool:
        """Whether the folder was copied from another place: then no trigger may fire in it."""
        return self._writer.facts.is_copy

    @property
    def is_read_only(self) -> bool:
        """Whether the folder cannot be written: then the store shows the moment it was opened."""
        return isinstance(self._writer, RefusingWriter)

    def refuse_read_only(self) -> None:
        """Do nothing where the store can be written.

        Raises:
            StoreFullError: the folder is read-only.
        """
        if self.is_read_only:
            raise read_only(self.layout.folder)

    async def adopt(self) -> None:
        """Make a copied folder a lab of its own, with a new id, whose triggers may fire."""
        await self._writer.adopt()

    async def keep_house(self, plan: HousekeepingPlan | None = None) -> None:
        """Seal, merge, publish and sweep now and then, until cancelled; nothing where it is read-only."""
        if not self.is_read_only:
            await self._housekeeper.keep(self._reader, self._writer, plan)

    async def sweep(self, plan: HousekeepingPlan) -> None:
        """Delete at once what is kept no longer: old executions, variables and keys that have expired.

        Raises:
            StoreError: the store cannot be written.
        """
        await self._housekeeper.sweep(self._reader, self._writer, plan)

    async def back_up(self, target: Path) -> int:
        """Write the whole store to an archive, also while executions run; return its size in bytes."""
        return await asyncio.to_thread(back_up, self.layout, self._reader, target)

    async def examine(self) -> list[Finding]:
        """Return what a look over the whole store found, and what would mend it."""
        return await asyncio.to_thread(
            examine, self.layout, self._reader, blobs=self.blobs, files=self.files
        )

    async def sweep_blobs(self, *, grace: float) -> int:
        """Delete blobs that no execution refers to and nobody touched for `grace` seconds."""
        return await asyncio.to_thread(self._housekeeper.sweep_blobs, self._reader, grace=grace)

    async def shrink(self, *, max_bytes: int) -> int:
        """Drop the oldest finished executions until segments and blobs fit; return the bytes they take."""
        return await asyncio.to_thread(self._housekeeper.shrink, self._reader, max_bytes=max_bytes)

    def close(self) -> None:
        """Write what is queued, give all leases back and hang up; may be called twice."""
        self._writer.close()
        self.history.close()
        self.enclosed.close()
        self._reader.close()
        self._ends.close()

    async def answers(self, *, within: float = 5.0) -> bool:
        """Whether the journal can be asked now; who does not say so in `within` seconds cannot."""
        try:
            async with asyncio.timeout(within):
                return await self._reader.run(self._ends.answers)
        except TimeoutError:
            return False

    def statistics(self) -> dict[str, float]:
        """Return numbers about the database's connections and queries; none where the owner keeps it."""
        return self._ends.statistics()


def open_store(
    folder: Path, *, clock: Clock, terms: Terms | None = None, target: Target | None = None
) -> Store:
    """Return the store in `folder` (a lab's `.flowforge`), made where it is missing.

    With a `target` the journal is in that PostgreSQL. Without one an owner process keeps it, which is
    started where none runs; a folder that cannot be written is then opened for reading, as of now. The
    caller closes the store.

    Raises:
        StoreUnavailableError: the folder, the owner or the database cannot be reached.
        StoreVersionError: the store was written by another version.
    """
    terms = terms or Terms()
    layout = lay_out_for(folder, target)
    if target is None:
        refuse_moved(layout)
        ends = owner_ends(layout.folder, terms)
    else:
        ends = open_shared(target, layout)
    return Store(layout, clock, ends, lease=terms.lease)
