"""Which version of a workflow others call."""

from flowforge_lab.plan import Plan
from flowforge_lab.store import Catalogue

from .workflows import Workflows


class Callees:
    """Finds the plans of workflows that executions start by their id."""

    def __init__(self, catalogue: Catalogue, workflows: Workflows) -> None:
        self._catalogue = catalogue
        self._workflows = workflows

    async def plan_of_time(self, id: str, *, at: int) -> Plan:
        """Return the plan of a workflow as executions that started at `at` (microseconds, UTC) call it.

        Raises:
            NotFoundError: there is no such workflow.
            DocumentError: its file cannot be read.
            PlanError: it is not valid.
        """
        version = await version_of_time(self._catalogue, id, at=at)
        return await (self._of_file(id) if version is None else self._workflows.plan(version))

    async def plan_now(self, id: str) -> Plan:
        """Return the plan of a workflow as it is now: the active version, else its file, else the newest.

        Raises:
            NotFoundError: there is no such workflow.
            DocumentError: its file cannot be read.
            PlanError: it is not valid.
        """
        listed = await self._catalogue.find_workflow(id)
        if listed is not None and listed.is_active:
            return await self._workflows.plan(listed.active_digest)
        return await self._of_file(id)

    async def is_there(self, id: str) -> bool:
        """Whether there is a workflow of this id, valid or not."""
        await self._workflows.look_around()
        return id in self._workflows.shelf()

    async def _of_file(self, id: str) -> Plan:
        path = self._workflows.shelf().path_of(id)
        return await self._workflows.register(
            await self._workflows.read(id if path is None else path)
        )


async def version_of_time(catalogue: Catalogue, workflow_id: str, *, at: int) -> str | None:
    """Return the version that was active at a time (microseconds, UTC), else the newest of that time.

    `None` where no version was kept by then.
    """
    listed = await catalogue.find_workflow(workflow_id)
    if listed is None:
        return None
    for activation in await catalogue.list_activations(workflow_id):
        if activation.at <= at:
            if activation.digest:
                return activation.digest
            break
    if listed.latest_digest and listed.updated_at <= at:
        return listed.latest_digest
    versions = await catalogue.list_versions(workflow_id)
    return next((version.digest for version in versions if version.at <= at), None)
