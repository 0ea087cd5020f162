"""Documents of older formats, lifted to the one this version reads."""

from collections.abc import Callable, Mapping
from typing import Any

from flowforge_lab.errors import DocumentError, Problem

from .model import FORMAT

Lift = Callable[[dict[str, Any]], dict[str, Any]]


def _from_0(raw: dict[str, Any]) -> dict[str, Any]:
    """Format 0, of the first drafts, kept nodes as a list with ids inside and edges as a list of pairs."""
    listed = raw.pop("nodes", [])
    if isinstance(listed, Mapping):
        msg = (
            "the documents of format 0 had their nodes in a list, found a mapping;"
            f" write 'flowforge: {FORMAT}'"
        )
        raise DocumentError(msg, [Problem("document.format", msg, field="flowforge")])
    edges = raw.pop("edges", [])
    nodes: dict[str, Any] = {}
    for node in listed if isinstance(listed, list) else []:
        fields = dict(node)
        nodes[str(fields.pop("id", f"node_{len(nodes) + 1}"))] = fields
    for edge in edges if isinstance(edges, list) else []:
        source, _, port = str(edge.get("from", "")).partition(".")
        if source in nodes:
            ports = nodes[source].setdefault("next", {})
            ports.setdefault(port or "out", []).append(str(edge.get("to", "")))
    return {**raw, "nodes": nodes}


LIFTS: Mapping[int, Lift] = {0: _from_0}


def upgrade(raw: dict[str, Any], lifts: Mapping[int, Lift] = LIFTS) -> dict[str, Any]:
    """Return `raw` in the current format; each lift goes up by one version.

    Raises:
        DocumentError: the version is not a number, newer than this program, or not what is written.
    """
    version = raw.get("flowforge", FORMAT)
    if (
        not isinstance(version, int)
        or isinstance(version, bool)
        or version < min([FORMAT, *lifts])
    ):
        msg = f"expected 'flowforge: {FORMAT}', the format of the document, found {version!r}"
        raise DocumentError(msg, [Problem("document.format", msg, field="flowforge")])
    if version > FORMAT:
        msg = (
            f"the document is of format {version}, this version of FlowForge Lab reads up to {FORMAT};"
            " upgrade flowforge-lab"
        )
        raise DocumentError(msg, [Problem("document.format", msg, field="flowforge")])
    for step in range(version, FORMAT):
        raw = {**lifts[step](dict(raw)), "flowforge": step + 1}
    return raw
