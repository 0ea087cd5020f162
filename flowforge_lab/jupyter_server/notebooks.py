"""Notebooks that JupyterLab schedules: the calls of a lab, by the addresses of the server."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from jupyter_server.auth.decorator import authorized
from tornado import web

from flowforge_lab.clients import NotebookShape
from flowforge_lab.errors import NotFoundError, PlanError, Problem
from flowforge_lab.lab import Lab, plan_of
from flowforge_lab.services import MAIL_KINDS, ForeseenNotebook, moment
from flowforge_lab.values import find_zone

from .calls import Call
from .labs import Labs

_MAX_NOTEBOOKS = 100


def describe(labs: Labs, addresses: Sequence[str]) -> dict[str, Any]:
    """Return what a form must know that schedules notebooks: what they take, and what the lab has for it.

    Raises:
        NotFoundError: one is not there.
        PlanError: one is no notebook.
    """
    lab, paths = _placed(labs, addresses)
    shapes = [lab.notebooks.parameters(path) for path in paths]
    connections = lab.parts.connections
    return {
        "lab": lab.root.name,
        "notebooks": [
            _described(address, shape) for address, shape in zip(addresses, shapes, strict=True)
        ],
        "timezone": lab.settings.default_timezone,
        "mail": [name for name, one in connections.items() if one.get("kind") in MAIL_KINDS],
        "id": plan_of(paths, {}).workflow_id,
    }


def _described(address: str, shape: NotebookShape) -> dict[str, Any]:
    parameters = [msgspec.structs.asdict(one) for one in shape.parameters]
    return {"path": address, "note": shape.note, "parameters": parameters}


def _placed(labs: Labs, addresses: Sequence[str]) -> tuple[Lab, list[str]]:
    """Return the lab of the first notebook, and where all of them lie."""
    if not addresses or len(addresses) > _MAX_NOTEBOOKS:
        msg = f"expected 1 to {_MAX_NOTEBOOKS} notebooks, found {len(addresses)}"
        raise PlanError([Problem("notebook.plan", msg)])
    paths = [labs.ground.path_of(one) for one in addresses]
    for address, path in zip(addresses, paths, strict=True):
        if not path.is_file():
            msg = f"there is no notebook {address[:200]!r}"
            raise NotFoundError(msg)
    lab = labs.open(labs.root_of(addresses[0].rpartition("/")[0]))
    return lab, [str(path) for path in paths]


def foresee(labs: Labs, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what scheduling would come to: its id, and its next times as clocks of the zone show them.

    Raises:
        NotFoundError: a notebook is not there.
        PlanError: with everything that is wrong.
    """
    lab, paths, cron, facts = _read(labs, given)
    found = lab.notebooks.foresee(paths, cron, **facts)
    told = {"id": found.id, "timezone": found.timezone, "is_taken": found.is_taken}
    return {**told, "times": _clocks(found)}


def _clocks(found: ForeseenNotebook) -> list[str]:
    zone = find_zone(found.timezone)
    return [moment(at).astimezone(zone).isoformat() for at in found.times]


def schedule(labs: Labs, given: Mapping[str, Any]) -> dict[str, Any]:
    """Write and activate the workflow that runs notebooks at set times; return its id and its file's address.

    Raises:
        ConflictError: there is a workflow with its id, and nobody said to replace it.
        NotFoundError: a notebook is not there.
        PlanError: with everything that is wrong; nothing was written.
    """
    lab, paths, cron, facts = _read(labs, given)
    found = lab.notebooks.schedule(paths, cron, replace=given.get("replace") is True, **facts)
    file = lab.read(found.id).path
    address = None if file is None else labs.ground.address_of(file)
    return {"id": found.id, "path": address, "next_at": found.next_at}


def _read(labs: Labs, given: Mapping[str, Any]) -> tuple[Lab, list[str], str, dict[str, Any]]:
    """Return the lab, the paths, the cron line and the other facts of a plan that a page sent."""
    facts = {name: value for name, value in given.items() if name not in {"paths", "replace"}}
    addresses = given.get("paths")
    if not isinstance(addresses, list) or not all(isinstance(one, str) for one in addresses):
        raise PlanError([Problem("notebook.plan", "expected `paths`, a list of texts")])
    try:
        plan_of([], facts)
    except TypeError as error:
        raise PlanError([Problem("notebook.plan", str(error))]) from error
    lab, paths = _placed(labs, addresses)
    return lab, paths, str(facts.pop("cron", "")), facts


class NotebookCall(Call):
    """What notebooks take."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with the parameters of notebooks, and with what their lab has for a schedule."""
        addresses = self.get_query_arguments("path")
        self.finish(await self.ask(describe, self.desk.labs, addresses))


class _PlanCall(Call):
    def _do(self, labs: Labs, given: Mapping[str, Any]) -> dict[str, Any]:
        raise NotImplementedError

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Do it with the plan that was sent."""
        given = self.get_json_body()
        if not isinstance(given, dict):
            raise web.HTTPError(400, "expected a JSON object")
        self.finish(await self.ask(self._do, self.desk.labs, given))


class ForeseeCall(_PlanCall):
    """What a schedule would come to."""

    def _do(self, labs: Labs, given: Mapping[str, Any]) -> dict[str, Any]:
        return foresee(labs, given)


class ScheduleCall(_PlanCall):
    """Make a schedule."""

    def _do(self, labs: Labs, given: Mapping[str, Any]) -> dict[str, Any]:
        return schedule(labs, given)
