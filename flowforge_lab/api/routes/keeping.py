"""What is set up, and the lab itself: secrets, connections, node types, how it is, a copy of it."""

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from fastapi import Path as InPath
from pydantic import Field, SecretStr
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from flowforge_lab.api.shapes import Shape
from flowforge_lab.api.wire import FAILURES, TheLab, json_answer
from flowforge_lab.errors import NotFoundError
from flowforge_lab.lab import Parts, examined, swept
from flowforge_lab.reference import brief_of, fields_of
from flowforge_lab.services import LabVariables, variables_of

from .upkeep import Name, Owner, Scope

router = APIRouter(responses=FAILURES)
SecretName = Annotated[str, InPath(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]
ConnectionName = Annotated[str, InPath(max_length=128)]
Kind = Annotated[str, InPath(pattern=r"^[A-Za-z0-9_.]{1,128}$")]


class SecretValue(Shape):
    """What a secret is; nobody is shown it again."""

    value: SecretStr = Field(max_length=100_000)


class Forgets(Shape):
    """Whether older keys are taken out of the key file."""

    forgets: bool = False


class Step(Shape):
    """What is added to a variable; `ttl` in seconds is for a new one."""

    by: int | float = 1
    ttl: float | None = Field(default=None, gt=0, le=1e10)


class Swapped(Shape):
    """What a variable becomes where it is `expected` now (null: it is not there)."""

    value: Any
    expected: Any
    ttl: float | None = Field(default=None, gt=0, le=1e10)


# -- secrets


@router.put("/api/secrets/{name}", tags=["secrets"], status_code=204)
async def set_secret(parts: TheLab, name: SecretName, given: SecretValue) -> Response:
    """Keep a secret."""
    await asyncio.to_thread(parts.secrets.set, name, given.value.get_secret_value())
    return Response(status_code=204)


@router.delete("/api/secrets/{name}", tags=["secrets"], status_code=204)
async def remove_secret(parts: TheLab, name: SecretName) -> Response:
    """Take a secret away from its keeper; one in the environment stays."""
    await asyncio.to_thread(parts.secrets.remove, name)
    return Response(status_code=204)


@router.post("/api/secrets/rotate", tags=["secrets"])
async def rotate(parts: TheLab, forgets: Forgets | None = None) -> dict[str, str]:
    """Encrypt all secrets of the lab's file with a new key, and tell what locks them now."""
    is_to_forget = forgets is not None and forgets.forgets
    return {"locked_by": await asyncio.to_thread(parts.secrets.rotate, forgets=is_to_forget)}


# -- connections


@router.post("/api/connections/{name}/test", tags=["connections"])
async def test_connection(parts: TheLab, name: ConnectionName) -> Response:
    """Call a connection once, and tell whether it answers."""
    found = await parts.clients.connections.test(name)
    return json_answer(msgspec.structs.asdict(found))


# -- variables, changed in one go


def _kept(parts: Parts, scope: str, owner: str) -> LabVariables:
    if scope == "project" and owner:
        parts.access.projects.refuse_unknown(owner)
    return variables_of(parts.store.variables, parts.clock, scope=scope, owner=owner)


@router.post("/api/variables/{scope}/{name}/increment", tags=["variables"])
async def increment(  # where it is, and by what
    parts: TheLab, scope: Scope, name: Name, step: Step | None = None, owner: Owner = ""
) -> Response:
    """Add a number in one go, whoever else does too, and return the sum."""
    given = step or Step()
    kept = _kept(parts, scope, owner)
    return json_answer({"value": await kept.increment(scope, name, given.by, ttl=given.ttl)})


@router.post("/api/variables/{scope}/{name}/swap", tags=["variables"])
async def swap(  # where it is, and what it becomes
    parts: TheLab, scope: Scope, name: Name, given: Swapped, owner: Owner = ""
) -> dict[str, bool]:
    """Keep a value only where the present one equals `expected`."""
    kept = _kept(parts, scope, owner)
    is_swapped = await kept.swap(scope, name, given.value, expected=given.expected, ttl=given.ttl)
    return {"is_swapped": is_swapped}


# -- node types


@router.get("/api/node-types", tags=["workflows"])
async def node_types(parts: TheLab, text: Annotated[str, Query(max_length=128)] = "") -> Response:
    """List the node types there are, the lab's own included, or those with a text in them."""
    found = await asyncio.to_thread(lambda: [brief_of(kind) for kind in parts.registry])
    fits = [one for one in found if text.lower() in " ".join(map(str, one.values())).lower()]
    return json_answer(fits)


@router.get("/api/node-types/{kind}", tags=["workflows"])
async def node_type(parts: TheLab, kind: Kind) -> Response:
    """Return one node type with the fields of its configuration and its outputs."""
    found = await asyncio.to_thread(parts.registry.find, kind)
    if found is None:
        msg = f"there is no node type {kind!r}"
        raise NotFoundError(msg)
    whole = {
        "doc": found.doc,
        "config": fields_of(found.config),
        "outputs": fields_of(found.outputs),
        "config_schema": found.config.model_json_schema(),
    }
    return json_answer({**brief_of(found), **whole})


# -- the lab itself


@router.get("/api/lab", tags=["lab"])
async def about(parts: TheLab) -> dict[str, Any]:
    """Tell which lab this is, and whether it can be written."""
    return {
        "id": parts.store.lab_id,
        "name": parts.root.name,
        "is_copy": parts.store.is_copy,
        "is_read_only": parts.store.is_read_only,
    }


@router.post("/api/lab/adopt", tags=["lab"], status_code=204)
async def adopt(parts: TheLab) -> Response:
    """Make a copied lab one of its own, whose schedules fire."""
    await parts.store.adopt()
    return Response(status_code=204)


@router.get("/api/lab/doctor", tags=["lab"])
async def doctor(parts: TheLab) -> Response:
    """Tell what a look over the store, what is under way and own node types found, and what would mend it."""
    return json_answer([msgspec.structs.asdict(one) for one in await examined(parts)])


@router.post("/api/lab/sweep", tags=["lab"])
async def sweep(parts: TheLab) -> dict[str, int]:
    """Delete now what the lab keeps no longer, and tell how many executions that were."""
    return {"deleted": await swept(parts)}


@router.get("/api/lab/statistics", tags=["lab"])
async def statistics(parts: TheLab) -> dict[str, float]:
    """Return numbers about the database that keeps the journal; none where the folder does."""
    return parts.store.statistics()


@router.get("/api/lab/backup", tags=["lab"], response_class=FileResponse)
async def backup(parts: TheLab) -> Response:
    """Return everything as an archive, also while executions run; `flowforge restore` takes it."""
    folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="flowforge-backup-")
    target = Path(folder.name) / "flowforge-backup.tar.gz"
    try:
        await parts.store.back_up(target)
    except BaseException:
        folder.cleanup()
        raise
    return FileResponse(
        target,
        media_type="application/octet-stream",
        filename=target.name,
        background=BackgroundTask(folder.cleanup),
    )
