"""Configurations for popular uses of a node type, to start from: data in a TOML file beside its module."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from inspect import getfile
from pathlib import Path
from typing import Any

import msgspec

from .contract import NodeType
from .own_files import NodeTypeError


class Template(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A use of a node type: what it is called, what there is to know, the config to begin with.

    `kind` is given where the module holds several types.
    """

    title: str
    config: Mapping[str, Any]
    text: str = ""
    kind: str = ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    templates: tuple[Template, ...]


def templates_of(kind: NodeType) -> tuple[Template, ...]:
    """Return the templates of a node type, the most popular first; none where there is no file.

    Raises:
        NodeTypeError: the file cannot be read as templates.
    """
    path = Path(getfile(kind.run)).with_suffix(".toml")
    try:
        changed_at = path.stat().st_mtime_ns
    except OSError:
        return ()
    found = _read(path, changed_at)
    return tuple(one for one in found if one.kind in {"", kind.kind})


@lru_cache(maxsize=256)
def _read(path: Path, _changed_at: int) -> tuple[Template, ...]:
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
        return msgspec.convert(written, _File).templates
    except (OSError, ValueError, msgspec.ValidationError) as error:
        msg = f"{path}: not templates: {error}"
        raise NodeTypeError(msg) from error
