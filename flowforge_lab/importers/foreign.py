"""Which product a document is of, and its reader."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args

from flowforge_lab.errors import DocumentError

from . import elyra, kestra, n8n, node_red
from .reading import read_json, read_yaml, refusal
from .report import Imported

Source = Literal["n8n", "node-red", "elyra", "kestra"]
SOURCES: tuple[Source, ...] = get_args(Source)
HasFile = Callable[[str], bool]
"""Whether a file lies beside the document."""
_FITS: Mapping[Source, Callable[[Any], bool]] = {
    "elyra": elyra.fits,
    "node-red": node_red.fits,
    "n8n": n8n.fits,
    "kestra": kestra.fits,
}


def _no_file(_name: str) -> bool:
    return False


def read_foreign(
    text: str,
    *,
    source: Source | None = None,
    stem: str = "imported",
    has_file: HasFile = _no_file,
) -> Imported:
    """Return the workflows in the text of another product's document, and what became of each node.

    Without `source` the product is found by the content. `stem` names a workflow that has no name.

    Raises:
        DocumentError: the text is no document of that product, or of any that is known.
    """
    document = _parsed(text, source)
    found = source or find_source(document)
    if found is None:
        known = ", ".join(SOURCES)
        msg = f"expected a workflow of one of {known}; the content looks like none of them"
        raise refusal(msg)
    if found == "kestra":
        return kestra.read(document, stem)
    if found == "node-red":
        return node_red.read(document, stem)
    if found == "elyra":
        return elyra.read(document, stem, has_file)
    return n8n.read(document, stem)


def find_source(document: Any) -> Source | None:
    """Return whose document this looks like; nothing where it looks like nobody's."""
    return next((source for source, fits in _FITS.items() if fits(document)), None)


def _parsed(text: str, source: Source | None) -> Any:
    is_json = text.lstrip("\ufeff \t\r\n")[:1] in {"{", "["}
    if source == "kestra" or (source is None and not is_json):
        return read_yaml(text)
    try:
        return read_json(text.lstrip("\ufeff"))
    except DocumentError:
        if source is not None:
            raise
        return read_yaml(text)
