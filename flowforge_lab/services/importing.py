"""Workflows of other products, kept as workflows of the lab."""

import contextlib

from flowforge_lab.errors import ConflictError, NotFoundError
from flowforge_lab.importers import Imported
from flowforge_lab.spec import Document

from .documents import Documents
from .workflows import Saved


async def keep_imported(documents: Documents, imported: Imported) -> list[Saved]:
    """Write each imported workflow into a file of its own; one with errors is a draft.

    Raises:
        ConflictError: the lab has a workflow with the id of one of them; nothing was written.
    """
    for workflow in imported.workflows:
        with contextlib.suppress(NotFoundError):
            await documents.line(workflow.id)
            msg = f"there is a workflow {workflow.id!r} already; nothing was imported"
            raise ConflictError(msg)
    texts = [(one.id, Document.of(one).text) for one in imported.workflows]
    return [await documents.create(text, id) for id, text in texts]
