"""Short calls of JupyterLab: what there is, what to stop, where the dashboard is; and the editor's bundle."""

import asyncio
import hashlib
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from tornado import web

from flowforge_lab.errors import ConflictError, FlowForgeError, NotFoundError, PlanError
from flowforge_lab.lab import Lab, going_on_of
from flowforge_lab.services import bundle_path

from .desk import Desk
from .doors import RESOURCE
from .overview import overview

T = TypeVar("T")
_STATUS: tuple[tuple[type[FlowForgeError], int], ...] = (
    (NotFoundError, 404),
    (ConflictError, 409),
    (PlanError, 422),
)


class Call(APIHandler):
    """What all calls have in common; what a lab refuses is told in a sentence, not as a failure of ours."""

    auth_resource = RESOURCE

    @property
    def desk(self) -> Desk:
        """The labs of this server."""
        found: Desk = self.settings["flowforge"]
        return found

    @property
    def folder(self) -> str:
        """The folder that the page looks at."""
        return str(self.get_query_argument("folder", ""))

    async def ask(self, question: Callable[..., T], *given: Any) -> T:
        """Return the answer to a question that may take its time.

        Raises:
            HTTPError: it cannot be answered.
        """
        try:
            return await asyncio.to_thread(question, *given)
        except FlowForgeError as error:
            status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
            raise web.HTTPError(status, reason=None, log_message=str(error)) from error

    def write_error(self, status_code: int, **given: Any) -> None:
        """Say why in JSON, as the page shows it."""
        error = given.get("exc_info", (None, None, None))[1]
        told = getattr(error, "log_message", None) or self._reason
        self.set_header("Content-Type", "application/json")
        found = getattr(getattr(error, "__cause__", None), "problems", ())
        problems = [{"field": one.field, "message": one.message} for one in found]
        self.finish({"message": str(told), "status": status_code, "problems": problems})


class OverviewHandler(Call):
    """What the side bar shows."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with the workflows and executions of a folder's lab."""
        self.finish(await self.ask(overview, self.desk.labs, self.folder))


class DashboardCall(Call):
    """Where the dashboard of a folder's lab is."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Have the lab's server run beside, and answer with the address of its dashboard."""
        key, beside = await self.ask(self.desk.dashboard_of, self.folder)
        await self.ask(beside.up)
        self.finish({"path": f"flowforge/dashboard/{key}/"})


class _ExecutionCall(Call):
    def _do(self, lab: Lab, execution_id: str) -> dict[str, Any]:
        raise NotImplementedError

    @web.authenticated
    @authorized
    async def post(self, execution_id: str) -> None:
        """Do it to an execution."""
        self.finish(await self.ask(self._done, execution_id))

    def _done(self, execution_id: str) -> dict[str, Any]:
        lab = self.desk.labs.find(self.desk.labs.root_of(self.folder))
        if lab is None:
            msg = f"there is no execution {execution_id!r}"
            raise NotFoundError(msg)
        return self._do(lab, execution_id)


class CancelHandler(_ExecutionCall):
    """Stop an execution."""

    def _do(self, lab: Lab, execution_id: str) -> dict[str, Any]:
        lab.cancel(execution_id, reason="cancelled in JupyterLab")
        return {"id": execution_id}


class WaysHandler(_ExecutionCall):
    """How an execution can go on where it stopped."""

    @web.authenticated
    @authorized
    async def get(self, execution_id: str) -> None:
        """Answer with the ways there are; nothing is run."""
        self.finish(await self.ask(self._done, execution_id))

    def _do(self, lab: Lab, execution_id: str) -> dict[str, Any]:
        ways = lab.loop.run_sync(going_on_of(lab.parts).ways(execution_id))
        return {"ways": [one.told() for one in ways]}


class ResumeHandler(_ExecutionCall):
    """Let an execution go on where it stopped, in the way `how`."""

    def _do(self, lab: Lab, execution_id: str) -> dict[str, Any]:
        how = self.get_query_argument("how", "")
        return {"id": lab.loop.run_sync(going_on_of(lab.parts).go_on(execution_id, how))}


class RestartHandler(_ExecutionCall):
    """Run an execution again from its start."""

    def _do(self, lab: Lab, execution_id: str) -> dict[str, Any]:
        return {"id": lab.restart(execution_id)}


class BundleHandler(JupyterHandler):
    """The editor and the viewer, as the product in this environment has them."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, _name: str) -> None:
        """Answer with the bundle; a browser that has it already is told so."""
        try:
            content, etag = _bundle()
        except NotFoundError as error:
            raise web.HTTPError(404, str(error)) from error
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.set_header("Cache-Control", "private, no-cache")
        self.set_header("Etag", etag)
        if self.check_etag_header():
            self.set_status(304)
            return
        self.finish(content)


@cache
def _bundle() -> tuple[bytes, str]:
    content = bundle_path().read_bytes()
    return content, f'"{hashlib.sha256(content).hexdigest()[:32]}"'
