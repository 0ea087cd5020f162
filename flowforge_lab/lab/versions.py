"""The versions of a lab's workflows, as a notebook asks for them."""

from typing import TYPE_CHECKING  # noqa: TID251  # see below

import msgspec

from flowforge_lab.services import Migration, Source, VersionView
from flowforge_lab.spec import Difference, Document

from .loop import LoopThread
from .parts import Parts

if TYPE_CHECKING:  # heavy, and needed only where somebody asks for a frame
    import pandas as pd


class LabVersions:
    """`lab.versions`. A version is named by a label, `active`, `latest`, or the start of its digest."""

    def __init__(self, parts: Parts, loop: LoopThread) -> None:
        self._parts = parts
        self._loop = loop

    def all(self, workflow: Source) -> list[VersionView]:
        """Return the kept versions of a workflow, newest first."""
        return self._loop.run_sync(self._parts.versions.all(workflow))

    def frame(self, workflow: Source) -> "pd.DataFrame":
        """Return the kept versions as a frame, newest first; times are UTC."""
        import pandas as pd

        rows = [msgspec.structs.asdict(view) for view in self.all(workflow)]
        frame = pd.DataFrame(rows, columns=list(VersionView.__struct_fields__))
        for name in ("kept_at", "activated_at"):
            frame[name] = pd.to_datetime(frame[name], unit="us", utc=True)
        return frame

    def get(self, workflow: Source, version: str) -> Document:
        """Return the document of a version.

        Raises:
            NotFoundError: there is no such workflow or version.
        """
        return self._loop.run_sync(self._parts.versions.read(workflow, version))

    def diff(self, old: Source, new: Source | None = None) -> Difference:
        """Return what is different; without `new` the active version of `old` against its file.

        A side is a path, `REVISION:path` in git, `workflow@version`, an id, a workflow, or only a version
        of the other side.

        Raises:
            NotFoundError: one of them is not there.
        """
        return self._loop.run_sync(self._parts.versions.diff(old, new))

    def rollback(self, workflow: Source, version: str = "") -> VersionView:
        """Activate an earlier version, by default the one that was active before; schedules follow.

        Raises:
            NotFoundError: there is no such version.
            PlanError: it cannot be activated as things are now.
        """
        return self._loop.run_sync(self._parts.versions.rollback(workflow, version))

    def label(self, workflow: Source, version: str, name: str) -> VersionView:
        """Give a version a name; it is taken from another one that has it.

        Raises:
            NotFoundError: there is no such version.
            ValueError: `name` cannot be a label.
        """
        return self._loop.run_sync(self._parts.versions.label(workflow, version, name))

    def unlabel(self, workflow: Source, name: str) -> None:
        """Take a name away.

        Raises:
            NotFoundError: no version is called so.
        """
        self._loop.run_sync(self._parts.versions.unlabel(workflow, name))

    # -- executions that wait

    def migrate(self, execution_id: str, to: str, *, is_trial: bool = False) -> Migration:
        """Move an execution that waits, is paused or queued to the version `to` of its workflow.

        It goes on there if every node at which it stands is there too, of the same kind and in the same
        loops; else the answer says what is in the way. With `is_trial` nothing is moved.

        Raises:
            NotFoundError: there is no such execution or version.
        """
        moving = self._parts.migrations.one(execution_id, to, is_trial=is_trial)
        return self._loop.run_sync(moving)

    def migrate_all(
        self, workflow: Source, to: str = "active", *, is_trial: bool = False
    ) -> list[Migration]:
        """Move every execution of a workflow that waits, is paused or queued in another version.

        Raises:
            NotFoundError: there is no such workflow or version.
        """
        moving = self._parts.migrations.all(workflow, to, is_trial=is_trial)
        return self._loop.run_sync(moving)
