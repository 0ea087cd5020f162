"""What the side bar shows of a lab: its workflows, what runs, what failed lately."""

from pathlib import Path
from typing import Any

from flowforge_lab.lab import Lab, going_on_of
from flowforge_lab.services import Shelf, WorkflowLine
from flowforge_lab.store import UNFINISHED, ExecutionHead

from .ground import Ground
from .labs import Labs

_MAX_RUNNING = 20
_MAX_FAILED = 8


def overview(labs: Labs, folder: str = "") -> dict[str, Any]:
    """Return what there is in the lab of a folder, as JSON values; times are milliseconds since 1970.

    A lab that was never used is not made for it: then its files are all there is.

    Raises:
        NotFoundError: the server shows no such folder.
    """
    root = labs.root_of(folder)
    lab = labs.find(root)
    facts = {"name": root.name, "folder": labs.ground.address_of(root), "is_used": lab is not None}
    if lab is None:
        return {"lab": facts, "workflows": _files(root, labs.ground), "running": [], "failed": []}
    running = [_line(head) for head in lab.heads(status=UNFINISHED, limit=_MAX_RUNNING)]
    cut_off = lab.loop.run_sync(going_on_of(lab.parts).cut_off()) if running else frozenset()
    return {
        "lab": facts,
        "workflows": _workflows(lab, labs.ground),
        "running": [{**line, "is_cut_off": line["id"] in cut_off} for line in running],
        "failed": [_line(head) for head in lab.heads(status=("failed",), limit=_MAX_FAILED)],
    }


def _workflows(lab: Lab, ground: Ground) -> list[dict[str, Any]]:
    lines = lab.loop.run_sync(lab.parts.documents.all())
    places = {one.id: Path(one.path) for one in lab.workflows() if one.path}
    found = [(line, _place(line, lab.root, places)) for line in lines]
    return [
        {
            "id": line.id,
            "name": line.name or line.id,
            "path": None if place is None else ground.address_of(place),
            "is_active": line.is_active,
            "has_draft": line.has_draft,
        }
        for line, place in found
    ]


def _place(line: WorkflowLine, root: Path, places: dict[str, Path]) -> Path | None:
    place = root / line.file if line.file else places.get(line.id)
    return place if place is not None and place.is_file() else None


def _files(root: Path, ground: Ground) -> list[dict[str, Any]]:
    shelf = Shelf(root)
    return [
        {
            "id": id,
            "name": id,
            "path": ground.address_of(path),
            "is_active": False,
            "has_draft": False,
        }
        for id in shelf
        if (path := shelf.path_of(id)) is not None
    ]


def _line(head: ExecutionHead) -> dict[str, Any]:
    return {
        "id": head.id,
        "workflow_id": head.workflow_id,
        "status": head.status,
        "trigger": head.trigger,
        "started_at": head.created_at // 1000,
        "finished_at": None if head.finished_at is None else head.finished_at // 1000,
        "error": head.error,
    }
