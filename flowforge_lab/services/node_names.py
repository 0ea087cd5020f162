"""Which nodes the workflows of a lab have or had: in their kept versions, and in what ran."""

import asyncio

from flowforge_lab.analysis import Asks
from flowforge_lab.errors import FlowForgeError
from flowforge_lab.spec import Document
from flowforge_lab.store import Catalogue

_RAN = "select distinct workflow_id, node from steps"


async def nodes_ever(
    catalogue: Catalogue, history: Asks, *, node: str, workflow: str
) -> dict[str, set[str]]:
    """Return the ids of nodes by those of their workflows: all that ran, and what versions say of `node`.

    Only versions whose text has its name are read, and only of `workflow` where that is given. One that
    cannot be read counts for none.
    """
    found: dict[str, set[str]] = {}
    for row in await asyncio.to_thread(history.rows, _RAN):
        found.setdefault(row["workflow_id"], set()).add(row["node"])
    for listed in await catalogue.list_workflows():
        nodes = found.setdefault(listed.id, set())
        if node in nodes or workflow not in {"", listed.id}:
            continue
        for version in await catalogue.list_versions(listed.id):
            if node in version.text:
                nodes |= await asyncio.to_thread(_nodes_in, version.text, listed.id)
    return found


def _nodes_in(text: str, stem: str) -> set[str]:
    try:
        return set(Document.parse(text, stem=stem).workflow.nodes)
    except FlowForgeError:
        return set()
