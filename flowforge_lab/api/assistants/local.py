"""A lab opened for one assistant on this machine."""

from pathlib import Path
from typing import Any

from flowforge_lab.api.access import LOCAL
from flowforge_lab.lab import FOLDER, Parts
from flowforge_lab.settings import load_settings

from .offers import Offers, input_schema


async def serve_assistant(root: Path) -> None:
    """Serve the lab in `root` over standard input and output until the assistant has gone.

    Raises:
        StoreFullError: the lab's folder is read-only.
    """
    from .stdio import serve_stdio

    async with Parts(root, load_settings(root / FOLDER)) as parts:
        parts.store.refuse_read_only()
        await serve_stdio(parts)


async def offered_tools(root: Path) -> list[dict[str, Any]]:
    """Return the workflows of the lab in `root` that an assistant is offered: what it is told of each."""
    async with Parts(root, load_settings(root / FOLDER)) as parts:
        offers = await Offers(parts).all(LOCAL)
        return [
            {
                "name": one.name,
                "workflow_id": one.workflow.id,
                "description": one.description,
                "input_schema": input_schema(one.workflow),
            }
            for one in offers
        ]
