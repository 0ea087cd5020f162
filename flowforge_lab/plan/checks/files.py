"""The files that configs name are there."""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path, PurePath

from flowforge_lab.clients import path_inside
from flowforge_lab.errors import NodeError, Problem
from flowforge_lab.nodes import file_at
from flowforge_lab.plan.draft import Draft, texts_in
from flowforge_lab.spec import did_you_mean

_OPEN = "{{"
_MAX_NAMES = 1000


def check(draft: Draft) -> Iterator[Problem]:
    """Yield a problem for each file that is named as it is, not by an expression, and is not there.

    One that may yet come is worth a warning only, and none behind a step that may make it, unless
    its name is nearly that of something which is there.
    """
    folder = draft.surroundings.folder
    if folder is None:
        return
    for id, kind in draft.types.items():
        for path, name in texts_in(draft.configs[id]):
            file = file_at(kind.config, path) if name and _OPEN not in name else None
            fault = None if file is None else _fault_of(folder, name)
            if file is None or fault is None:
                continue
            place = (id, ".".join(["config", *map(str, path)]))
            if fault.type == "file.outside":
                hint = f"put it into {folder}, or into a folder below"
                yield Problem(fault.type, fault.title, *place, hint)
            elif file.may_come:
                yield from _not_yet(draft, name, place)
            else:
                hint = _near(folder, name) or f"if a step makes it, write {{{{ {name!r} }}}}"
                yield Problem("file.missing", f"{fault.title} in {folder}", *place, hint)


def _fault_of(folder: Path, name: str) -> NodeError | None:
    try:
        path_inside(folder, name)
    except NodeError as error:
        return error
    return None


def _not_yet(draft: Draft, name: str, place: tuple[str, str]) -> Iterator[Problem]:
    folder = draft.surroundings.folder or Path()
    near = _near(folder, name)
    if near or not _may_be_made(draft, before=place[0]):
        hint = near or "it has to be there when the step runs"
        told = f"no file {name!r} in {folder} yet"
        yield Problem("file.missing", told, *place, hint, severity="warning")


def _may_be_made(draft: Draft, *, before: str) -> bool:
    """Whether a step before may make files: nobody knows what one that writes does."""
    return any(
        kind.effects_with(draft.configs[id]) == "writes" and draft.graph.reaches(id, before)
        for id, kind in draft.types.items()
    )


def _near(folder: Path, name: str) -> str:
    """Return the hint for the first part of a path that is not there: what lies beside it."""
    for part in PurePath(name).parts:
        try:
            with os.scandir(folder) as entries:
                names = [entry.name for entry in islice(entries, _MAX_NAMES)]
        except OSError:
            return ""
        if part != ".." and part not in names:
            return did_you_mean(part, names)
        folder /= part
    return "it is a folder, not a file"
