"""Recordings: an execution as a test that fails when its workflow no longer does what it did."""

import asyncio
import json
import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import msgspec

from flowforge_lab.analysis import (
    RESULT,
    NotedVariables,
    Recording,
    Rehearsed,
    Stage,
    blobs_in,
    compared,
    make_recording,
    try_once,
)
from flowforge_lab.errors import ConflictError, NotFoundError
from flowforge_lab.nodes import Registry
from flowforge_lab.plan import Plan
from flowforge_lab.store import Catalogue, ExecutionHead

from .executions import Executions
from .workflows import Workflows

_VARYING = ("output", "request")
_TEST = '''"""What {workflow} did in execution {execution}, and still does.

Written by `flowforge record`. What acts outside is not run: it gives what it gave then.
"""

from pathlib import Path

import pytest

from flowforge_lab.testing import rehearse_recording

RECORDING = Path(__file__).with_name("recordings") / "{file}"


@pytest.fixture(scope="module")
def rehearsed():
    return rehearse_recording(RECORDING)


def test_takes_the_same_way(rehearsed):
    assert rehearsed.differ("path") == []
    assert sorted(rehearsed.way) == sorted({way})


def test_gives_the_same(rehearsed):
    assert rehearsed.differ("output") == []


def test_asks_others_for_the_same(rehearsed):
    assert rehearsed.differ("request") == []


def test_fails_where_it_failed(rehearsed):
    assert rehearsed.differ("error") == []


def test_ends_as_it_did(rehearsed):
    assert rehearsed.status == {status}
    assert rehearsed.differ("result") == []
'''


class Written(msgspec.Struct, frozen=True):
    """What was written: the test, the recording beside it, and the nodes whose outputs vary."""

    execution_id: str
    test: Path
    recording: Path
    ignored: tuple[str, ...]


class Take(msgspec.Struct, frozen=True):
    """A recording that is nowhere yet, and what its rehearsal came to.

    `file` is where its workflow stands in the folder of the lab; the paths in the recording begin there.
    """

    file: str
    recording: Recording
    way: tuple[str, ...]
    status: str


def paths_of(folder: Path, workflow_id: str, execution_id: str) -> tuple[Path, Path]:
    """Return where the test of an execution stands in a folder, and where its recording."""
    name = f"{re.sub(r'[^A-Za-z0-9]+', '_', workflow_id).lower()}_{execution_id[-8:]}"
    return folder / f"test_{name}.py", folder / "recordings" / f"{name}.json"


def refuse_present(*paths: Path) -> None:
    """Do nothing where none of these files is there.

    Raises:
        ConflictError: one is.
    """
    if any(path.exists() for path in paths):
        msg = f"{paths[0]} is there already; --force overwrites it"
        raise ConflictError(msg)


def write_take(take: Take, folder: Path, *, root: Path) -> Written:
    """Write a take as a test in a folder; `root` is the folder of its lab, or what stands for it here."""
    recording = take.recording
    test, target = paths_of(folder, recording.workflow_id, recording.execution_id)
    placed = msgspec.structs.replace(
        recording,
        workflow=_way(target.parent, root / take.file),
        lab=_way(target.parent, root),
    )
    _write(target, placed.written())
    _write(test, _test_of(take, target.name))
    return Written(recording.execution_id, test, target, recording.ignore)


class Recordings:
    """Writes executions of a lab as tests. `stage` is what rehearsals of the lab stand on."""

    def __init__(
        self,
        executions: Executions,
        workflows: Workflows,
        catalogue: Catalogue,
        *,
        stage: Stage,
        root: Path,
        registry: Registry,
    ) -> None:
        self._executions = executions
        self._workflows = workflows
        self._catalogue = catalogue
        self._stage = stage
        self._root = root
        self._registry = registry

    async def write(
        self, execution_id: str, folder: Path, *, ignore: Collection[str] = (), force: bool = False
    ) -> Written:
        """Write the test of an execution into a folder, and return what was written.

        Raises:
            NotFoundError: there is no such execution, or its workflow has no file.
            ConflictError: it is not over, the workflow no longer does what it did, or the files are there.
        """
        head = await self._executions.get(execution_id)
        if not force:
            refuse_present(*paths_of(folder, head.workflow_id, head.id))
        take = await self.take(head.id, ignore=ignore)
        return await asyncio.to_thread(write_take, take, folder, root=self._root)

    async def take(self, execution_id: str, *, ignore: Collection[str] = ()) -> Take:
        """Return the recording of an execution; nothing is written.

        It is tried twice: what is different between the two varies by itself, and is not compared.

        Raises:
            NotFoundError: there is no such execution, or its workflow has no file.
            ConflictError: it is not over, or the workflow no longer does what it did.
        """
        head = await self._executions.get(execution_id)
        if not head.is_finished:
            msg = f"execution {head.id} is not over: {head.status}"
            raise ConflictError(msg)
        file = await self._file_of(head)
        recording, first = await self._rehearsed(head, file, ignore)
        return Take(_way(self._root, file), recording, tuple(first.way), first.status)

    async def _file_of(self, head: ExecutionHead) -> Path:
        listed = await self._catalogue.find_workflow(head.workflow_id)
        path = Path(listed.path) if listed is not None and listed.path else None
        if path is None or not (self._root / path).is_file():
            msg = f"workflow {head.workflow_id!r} has no file; a test needs one to look at: save it first"
            raise NotFoundError(msg)
        return (self._root / path).absolute()

    async def _rehearsed(
        self, head: ExecutionHead, file: Path, ignore: Collection[str]
    ) -> tuple[Recording, Rehearsed]:
        plan = self._workflows.compile(await self._workflows.read(file))
        noted: dict[str, Any] = {}
        recording = await self._recording(head, ignore)
        runs = [await self._try(recording, plan, noted) for _ in range(2)]
        varies = _varying(runs[0], runs[1])
        left = [one for one in runs[0].differences if not _is_in(one, varies)]
        if left:
            told = "; ".join(f"{one.what} of {one.visit or 'the execution'}" for one in left[:5])
            msg = (
                f"{file.name} no longer does what it did in {head.id}: {told}."
                " Run it again and record that, or leave nodes out with --ignore"
            )
            raise ConflictError(msg)
        ignored = tuple(sorted({*ignore, *varies}))
        return msgspec.structs.replace(recording, ignore=ignored, variables=noted), runs[0]

    async def _recording(self, head: ExecutionHead, ignore: Collection[str]) -> Recording:
        entries = await self._executions.entries(head.id)
        version = await self._catalogue.get_version(head.digest)
        digests = blobs_in(entries)
        blobs = await asyncio.to_thread(
            lambda: {digest: self._stage.get_blob(digest) for digest in sorted(digests)}
        )
        recording = make_recording(entries, version.text, workflow="", lab="", blobs=blobs)
        return msgspec.structs.replace(recording, ignore=tuple(ignore))

    async def _try(self, recording: Recording, plan: Plan, noted: dict[str, Any]) -> Rehearsed:
        lent = self._stage.variables
        stage = msgspec.structs.replace(
            self._stage, variables=lambda *of: NotedVariables(lent(*of), noted)
        )
        state = await try_once(plan, recording.recorded(), stage)
        return compared(recording, plan, state, registry=self._registry)


def _varying(one: Rehearsed, other: Rehearsed) -> set[str]:
    """Return the nodes whose outputs or requests are not the same in two rehearsals, and the result."""
    found = set()
    values = [
        {(each.visit, each.what): (each.node, each.after) for each in run.differences}
        for run in (one, other)
    ]
    for key in {*values[0], *values[1]}:
        if values[0].get(key) != values[1].get(key):
            node = (values[0].get(key) or values[1][key])[0]
            if key[1] in _VARYING:
                found.add(node)
            elif key[1] == "result":
                found.add(RESULT)
    return found


def _is_in(difference: Any, varies: Collection[str]) -> bool:
    if difference.what == "result":
        return RESULT in varies
    return difference.what in _VARYING and difference.node in varies


def _way(start: Path, target: Path) -> str:
    return Path(os.path.relpath(target.absolute(), start.absolute())).as_posix()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _test_of(take: Take, file: str) -> str:
    steps = ",\n        ".join(json.dumps(step, ensure_ascii=False) for step in take.way)
    return _TEST.format(
        workflow=take.recording.workflow_id,
        execution=take.recording.execution_id,
        file=file,
        way=f"[\n        {steps},\n    ]",
        status=json.dumps(take.status),
    )
