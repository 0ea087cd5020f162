"""One execution in a file, with all that is needed to try it again where its lab is not at hand."""

import asyncio
import base64
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from flowforge_lab.engine import Limits, mark_of
from flowforge_lab.errors import ConflictError, DocumentError, FlowForgeError, PlanError
from flowforge_lab.events import Entry, ExecutionState, Row, from_row, to_row
from flowforge_lab.expressions import Evaluator
from flowforge_lab.nodes import Registry
from flowforge_lab.plan import Plan, compile_workflow
from flowforge_lab.spec import Document
from flowforge_lab.values import decode, encode
from flowforge_lab.variables import Scope

from .differences import Difference, Version, What, compare
from .past import Recorded, recorded_by
from .staging import Lent, RehearsalClients, Stage
from .trial import go_again

_FORMAT = 1
_MAX_BLOB_BYTES = 20_000_000
_encoder = msgspec.json.Encoder()


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry of the journal."""

    seq: int
    at: int
    event: dict[str, Any]


class Recording(msgspec.Struct, frozen=True):
    """An execution and what it stood on: its journal, its version, values beside it, variables it read.

    `workflow` and `lab` are paths from the file of the recording: to the workflow that is tried, and to the
    folder whose `nodes` it may use. Of nodes in `ignore` outputs and requests are not compared.
    """

    recording: int
    execution_id: str
    workflow_id: str
    workflow: str
    lab: str
    ignore: tuple[str, ...]
    document: str
    variables: Mapping[str, Any]
    entries: tuple[Kept, ...]
    blobs: Mapping[str, str]

    def recorded(self) -> Recorded:
        """Return the execution as its journal tells it."""
        return recorded_by([_entry(self, kept) for kept in self.entries])

    def written(self) -> str:
        """Return the recording as the text of its file."""
        return msgspec.json.format(_encoder.encode(self), indent=1).decode() + "\n"


class Rehearsed(msgspec.Struct, frozen=True):
    """What became of a recorded execution in the workflow as it is now."""

    state: ExecutionState
    differences: tuple[Difference, ...]

    @property
    def status(self) -> str:
        """How it ended; `waiting` where it came to no end."""
        return self.state.status if self.state.finished is not None else "waiting"

    @property
    def result(self) -> Any:
        """What it came to."""
        return None if self.state.finished is None else self.state.finished.result

    @property
    def way(self) -> list[str]:
        """The visits in the order of their beginning, each with the port it left by."""
        visits = self.state.visits.values()
        return [f"{mark_of(self.state, one)} -> {one.port or one.status}" for one in visits]

    def differ(self, what: What) -> list[str]:
        """Return what is not as it was, a line each."""
        return [
            f"{one.visit or 'the execution'}: {_short(one.before)} is now {_short(one.after)}"
            for one in self.differences
            if one.what == what
        ]


def make_recording(
    entries: Sequence[Entry],
    document: str,
    *,
    workflow: str,
    lab: str,
    blobs: Mapping[str, bytes],
) -> Recording:
    """Return a recording of an execution that is over.

    Raises:
        ConflictError: the values beside its journal are too large for a file of a test.
    """
    size = sum(map(len, blobs.values()))
    if size > _MAX_BLOB_BYTES:
        msg = f"the values of the execution take {size:,} bytes; a recording holds {_MAX_BLOB_BYTES:,}"
        raise ConflictError(msg)
    state = recorded_by(entries).state
    return Recording(
        _FORMAT,
        state.execution_id,
        state.started.workflow_id if state.started else "",
        workflow,
        lab,
        (),
        document,
        {},
        tuple(_kept(entry) for entry in entries),
        {digest: base64.b64encode(content).decode() for digest, content in blobs.items()},
    )


def read_recording(path: Path | str) -> Recording:
    """Return the recording in a file.

    Raises:
        DocumentError: there is none that can be read.
    """
    try:
        found = msgspec.json.decode(Path(path).read_bytes(), type=Recording)
    except (OSError, msgspec.DecodeError) as error:
        msg = f"{path} is no recording: {error}"
        raise DocumentError(msg) from error
    if found.recording > _FORMAT:
        msg = f"{path} was written by a newer version: upgrade flowforge-lab"
        raise DocumentError(msg)
    return found


def rehearse_recording(path: Path | str) -> Rehearsed:
    """Return what becomes of the execution recorded in a file, in the workflow as it is now.

    Nothing outside is touched: a step that acts there gives what it gave when it was recorded.

    Raises:
        DocumentError: the recording or the workflow cannot be read.
        PlanError: the workflow is not valid.
    """
    path = Path(path)
    recording = read_recording(path)
    file = path.parent / recording.workflow
    registry = Registry(path.parent / recording.lab / "nodes")
    plan = compile_workflow(Document.read(file).workflow, registry)
    with tempfile.TemporaryDirectory() as scratch:
        stage = Stage(
            get_blob=lambda digest: base64.b64decode(recording.blobs[digest]),
            variables=lambda _workflow, _user: _KeptVariables(recording.variables),
            folder_of=lambda _workflow: file.parent,
            artifacts=Path(scratch),
            limits=Limits(),
        )
        state = asyncio.run(try_once(plan, recording.recorded(), stage))
    return compared(recording, plan, state, registry=registry)


async def try_once(plan: Plan, recorded: Recorded, stage: Stage) -> ExecutionState:
    """Return the state that a recorded execution comes to in a plan."""
    evaluator, clients = Evaluator(stage.expressions), RehearsalClients()
    try:
        world = stage.world(recorded, evaluator=evaluator, clients=clients)
        return await go_again(plan, recorded, world)
    finally:
        await evaluator.close()
        await clients.close()


def compared(
    recording: Recording,
    plan: Plan,
    state: ExecutionState,
    *,
    registry: Registry,
) -> Rehearsed:
    """Return what a rehearsal came to, beside what was recorded."""
    before = Version(recording.recorded().state, _plan_then(recording, registry))
    differences = compare(before, Version(state, plan), ignore=set(recording.ignore))
    return Rehearsed(state, tuple(differences))


def blobs_in(entries: Sequence[Entry]) -> set[str]:
    """Return the digests of all that lies beside a journal."""
    return {
        digest
        for entry in entries
        for digest in _digests(msgspec.json.decode(to_row(entry, "").payload))
    }


def _digests(form: Any) -> Iterator[str]:
    if isinstance(form, dict):
        for tag in ("$blob", "$frame"):
            if isinstance(form.get(tag), dict) and form[tag].get("digest"):
                yield form[tag]["digest"]
        for item in form.values():
            yield from _digests(item)
    elif isinstance(form, list):
        for item in form:
            yield from _digests(item)


def _plan_then(recording: Recording, registry: Registry) -> Plan | None:
    try:
        document = Document.parse(recording.document, stem=recording.workflow_id)
        return compile_workflow(document.workflow, registry)
    except (PlanError, FlowForgeError):  # a node type it used is gone
        return None


def _kept(entry: Entry) -> Kept:
    return Kept(entry.seq, entry.at, msgspec.json.decode(to_row(entry, "").payload))


def _entry(recording: Recording, kept: Kept) -> Entry:
    payload = _encoder.encode(kept.event).decode()
    type = str(kept.event.get("type", ""))
    about = (recording.execution_id, kept.seq, str(kept.seq), kept.at, type)
    return from_row(Row(*about, "", "", "", 0, 0, "", 0, 0.0, payload))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:199]}…"  # noqa: PLR2004  # so much fits on a screen


class _KeptVariables:
    """The variables of a recording."""

    def __init__(self, kept: Mapping[str, Any]) -> None:
        self._kept = kept

    async def find(self, scope: Scope, name: str) -> Any:
        return decode(self._kept.get(f"{scope}/{name}"))


class NotedVariables:
    """Reads other variables, and notes in journal form what was read."""

    def __init__(self, lent: Lent, noted: dict[str, Any]) -> None:
        self._lent = lent
        self._noted = noted

    async def find(self, scope: Scope, name: str) -> Any:
        """Return the value, or `None` where there is none."""
        value = await self._lent.find(scope, name)
        self._noted[f"{scope}/{name}"] = encode(value)
        return value
