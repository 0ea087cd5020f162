"""Which version of a workflow others call."""

from flowforge_lab.store import Catalogue


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
