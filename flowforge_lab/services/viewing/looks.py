"""How the node types of one workflow look; a viewer needs no more of them."""

from typing import Any

from flowforge_lab.nodes import Registry
from flowforge_lab.services.editing.ports import find_type
from flowforge_lab.spec import Workflow


def looks_of(workflow: Workflow, registry: Registry) -> dict[str, Any]:
    """Return titles, icons and colours of the types that are used; unknown ones are left out."""
    kinds = dict.fromkeys(node.kind.partition("@")[0] for node in workflow.nodes.values())
    found = [kind for name in kinds if (kind := find_type(name, registry)) is not None]
    return {
        "types": [
            {
                "kind": kind.kind,
                "title": kind.title,
                "icon": kind.icon,
                "color": kind.color,
                "is_trigger": kind.is_trigger,
            }
            for kind in found
        ]
    }
