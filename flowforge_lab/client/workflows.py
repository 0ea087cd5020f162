"""The workflows of a lab elsewhere, and what each has."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any  # noqa: TID251  # see below

import msgspec

from flowforge_lab.errors import NotFoundError, Problem, RemoteError
from flowforge_lab.plan import Surroundings
from flowforge_lab.services import Migration, Pinned, Saved, VersionView
from flowforge_lab.spec import Difference, Document, Workflow, read_text_inputs
from flowforge_lab.store import Schedule
from flowforge_lab.store import Workflow as Listed

from .answers import document_from, document_of, id_of, stamp, value_of, values_of
from .wire import Wire, place

if TYPE_CHECKING:  # heavy, and needed only where somebody asks for a frame
    import pandas as pd

_VERSION_TIMES = ("kept_at", "activated_at")
_MAX_STAMP = 128


class Workflows:
    """The calls of a lab about workflows, each named by its id."""

    _wire: Wire

    def workflows(self) -> list[Listed]:
        """Return the workflows that the lab has run, saved or activated; `path` is the name of the file."""
        return [
            Listed(
                one["id"],
                one["name"],
                one["file"],
                one["active_version"],
                one["version"],
                one["has_draft"],
                stamp(one["updated_at"]) or 0,
                stamp(one["activated_at"]),
            )
            for one in self._wire.ask("GET", "/api/workflows")
            if one["updated_at"] is not None
        ]

    def read(self, source: str | Document | Workflow) -> Document:
        """Return the document of a workflow as its file is there now."""
        if not isinstance(source, str):
            return document_of(source)
        return document_from(source, self._wire.ask("GET", place("workflows", source)))

    def save(
        self,
        document: Document | Workflow,
        path: Path | str | None = None,
        *,
        force: bool = False,
    ) -> Saved:
        """Write a workflow there, new or in place of the one with its id; one with errors is a draft.

        Raises:
            ConflictError: somebody else changed it since it was read; `force` writes nevertheless.
            RemoteError: a `path` is given: the server says where its files lie.
        """
        if path is not None:
            msg = "the server says where its files lie: leave out the path, the id names the workflow"
            raise RemoteError(msg)
        sent = document_of(document)
        id, text = sent.workflow.id, {"text": sent.text}
        has_stamp = not force and 0 < len(sent.stamp) <= _MAX_STAMP
        known = {"stamp": sent.stamp} if has_stamp else {}
        try:
            told = self._wire.ask("PUT", place("workflows", id), json=text, params=known)
        except NotFoundError:
            told = self._wire.ask("POST", "/api/workflows", json={**text, "id": id})
        problems = msgspec.convert(told["problems"], tuple[Problem, ...])
        return Saved(replace(sent, path=None, stamp=told["stamp"]), problems)

    def keep(self, document: Document) -> Saved:
        """Refuse: nothing was written there yet.

        Raises:
            RemoteError: always.
        """
        del document
        raise RemoteError("`keep` is for a file that is written already: `save` does both there")

    def validate(self, source: str | Document | Workflow) -> list[Problem]:
        """Return everything that is wrong with a workflow, there or as it is given, errors first."""
        if isinstance(source, str):
            told = self._wire.ask("POST", place("workflows", source, "validate"))
        else:
            document = document_of(source)
            path = place("workflows", document.workflow.id, "validate")
            told = self._wire.ask("POST", path, json={"text": document.text})
        return msgspec.convert(told["problems"], list[Problem])

    def text_inputs(self, source: str, given: Mapping[str, str]) -> dict[str, Any]:
        """Return inputs given as text, each read by the type the workflow declares for it."""
        return read_text_inputs(self.read(source).workflow, given)

    def surroundings(self) -> Surroundings:
        """Refuse: what a workflow may name is judged where the lab is.

        Raises:
            RemoteError: always.
        """
        raise RemoteError("what a workflow may name is judged by the server: ask `validate`")

    def activate(self, source: str) -> str:
        """Let the triggers of a workflow start it, and return its id."""
        return str(self._wire.ask("POST", place("workflows", id_of(source), "activate"))["id"])

    def deactivate(self, source: str) -> str:
        """Stop the triggers of a workflow, and return its id."""
        return str(self._wire.ask("POST", place("workflows", id_of(source), "deactivate"))["id"])

    def schedules(self) -> list[Schedule]:
        """Return when each schedule fires next, the next first."""
        return [
            Schedule(**{**one, "next_at": stamp(one["next_at"]), "last_at": stamp(one["last_at"])})
            for one in self._wire.ask("GET", "/api/cron")
        ]

    @property
    def versions(self) -> "RemoteVersions":
        """The versions of workflows: listed, named, compared, brought back."""
        return RemoteVersions(self._wire)

    def pins(self, workflow: str) -> "RemotePins":
        """The pinned outputs of a workflow: listed, set, cleared; used by runs `with_pins`."""
        return RemotePins(self._wire, id_of(workflow))


class RemoteVersions:
    """`remote.versions`, by the calls of `lab.versions`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def all(self, workflow: str) -> list[VersionView]:
        """Return the kept versions of a workflow, newest first."""
        told = self._wire.ask("GET", place("workflows", id_of(workflow), "versions"))
        return values_of(told, VersionView, *_VERSION_TIMES)

    def frame(self, workflow: str) -> "pd.DataFrame":
        """Return the kept versions as a frame, newest first; times are UTC."""
        import pandas as pd

        rows = [msgspec.structs.asdict(view) for view in self.all(workflow)]
        frame = pd.DataFrame(rows, columns=list(VersionView.__struct_fields__))
        for name in _VERSION_TIMES:
            frame[name] = pd.to_datetime(frame[name], unit="us", utc=True)
        return frame

    def get(self, workflow: str, version: str) -> Document:
        """Return the document of a version.

        Raises:
            NotFoundError: there is no such workflow or version.
        """
        path = place("workflows", id_of(workflow), "versions", version)
        return Document.parse(self._wire.ask("GET", path)["text"], stem=workflow)

    def diff(self, old: str, new: str | None = None) -> Difference:
        """Return what is different; without `new` the active version of `old` against its file.

        A side is `workflow@version`, an id (its file), or only a version of the other side.

        Raises:
            NotFoundError: one of them is not there.
            RemoteError: the sides are of two workflows.
        """
        first, second = (old, "active"), (old, "")
        if new is not None:
            known = {id for id in (old.partition("@")[0], new.partition("@")[0]) if self._has(id)}
            if len(known) != 1:
                msg = f"expected two versions of one workflow there, found {old!r} and {new!r}"
                raise RemoteError(msg)
            [id] = known
            first, second = _side(id, old), _side(id, new)
        asked = {"old": first[1], "new": second[1]}
        path = place("workflows", first[0], "diff")
        return value_of(self._wire.ask("GET", path, params=asked), Difference)

    def _has(self, id: str) -> bool:
        try:
            self._wire.ask("GET", place("workflows", id))
        except (NotFoundError, ValueError):
            return False
        return True

    def rollback(self, workflow: str, version: str = "") -> VersionView:
        """Activate an earlier version, by default the one that was active before; schedules follow."""
        path = place("workflows", id_of(workflow), "rollback")
        told = self._wire.ask("POST", path, json={"version": version})
        return value_of(told, VersionView, *_VERSION_TIMES)

    def label(self, workflow: str, version: str, name: str) -> VersionView:
        """Give a version a name; it is taken from another one that has it."""
        path = place("workflows", id_of(workflow), "labels", name)
        told = self._wire.ask("PUT", path, json={"version": version})
        return value_of(told, VersionView, *_VERSION_TIMES)

    def unlabel(self, workflow: str, name: str) -> None:
        """Take a name away."""
        self._wire.ask("DELETE", place("workflows", id_of(workflow), "labels", name))

    def migrate(self, execution_id: str, to: str, *, is_trial: bool = False) -> Migration:
        """Move an execution that waits, is paused or queued to the version `to` of its workflow."""
        sent = {"to": to, "is_trial": is_trial}
        path = place("executions", execution_id, "migrate")
        return value_of(self._wire.ask("POST", path, json=sent), Migration)

    def migrate_all(
        self, workflow: str, to: str = "active", *, is_trial: bool = False
    ) -> list[Migration]:
        """Move every execution of a workflow that waits, is paused or queued in another version."""
        sent = {"to": to, "is_trial": is_trial}
        path = place("workflows", id_of(workflow), "migrate")
        return values_of(self._wire.ask("POST", path, json=sent), Migration)


def _side(id: str, text: str) -> tuple[str, str]:
    """Return the workflow and the version that a side of a comparison names; no version is the file."""
    name, _, version = text.partition("@")
    return (id, version) if name == id else (id, text)


class RemotePins:
    """`remote.pins(workflow)`, by the calls of `lab.pins(workflow)`."""

    def __init__(self, wire: Wire, workflow: str) -> None:
        self._wire = wire
        self._path = place("workflows", workflow, "pins")

    def all(self) -> list[Pinned]:
        """Return the pins, by node."""
        return values_of(self._wire.ask("GET", self._path), Pinned, "at")

    def set(self, node: str, outputs: Any, *, port: str = "") -> Pinned:
        """Pin outputs to a node; they leave by `port`, its first one if not named."""
        return self._put(node, {"outputs": outputs, "port": port})

    def take(self, node: str, execution_id: str) -> Pinned:
        """Pin what a node gave in an execution."""
        return self._put(node, {"execution_id": execution_id})

    def _put(self, node: str, sent: Mapping[str, Any]) -> Pinned:
        path = f"{self._path}/{place(node).removeprefix('/api/')}"
        return value_of(self._wire.ask("PUT", path, json=sent), Pinned, "at")

    def clear(self, node: str = "") -> list[str]:
        """Take the pin of a node away, or all, and return the nodes that had one."""
        found: list[str] = self._wire.ask("DELETE", self._path, params={"node": node})["nodes"]
        return found
