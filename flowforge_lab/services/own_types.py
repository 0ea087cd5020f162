"""What is to be said of the node types that a lab brings itself."""

from flowforge_lab.nodes import Registry
from flowforge_lab.store import Finding


def examine_own_types(registry: Registry) -> list[Finding]:
    """Return what a look over the lab's own `nodes/*.py` found; they are imported."""
    found = [
        Finding("nodes", "error", fault, "mend the file; its node types are left out until then")
        for fault in registry.faults()
    ]
    for kind, path in registry.replaced().items():
        text = f"{path} takes the place of the {kind} that ships"
        remedy = "give it a kind of its own, such as my.<name>, if that is not meant"
        found.append(Finding("nodes", "warning", text, remedy))
    return found or [Finding("nodes", "ok", "nothing wrong")]
