"""Which node types there are: built in, from packages, from the lab's own `nodes/*.py`.

Discovery reads names only. A type's module is imported when somebody asks for that type.
"""

import importlib
import importlib.util
import logging
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType

from flowforge_lab.errors import FlowForgeError, NotFoundError
from flowforge_lab.spec import did_you_mean

from .contract import NodeType

logger = logging.getLogger(__name__)

ENTRY_POINTS = "flowforge_lab.nodes"
_BUILTIN = Path(__file__).parent / "builtin"
_KIND = re.compile(r"""^@node_type\(\s*["']([a-z][a-z0-9_.]*)["']""", re.MULTILINE)


class NodeTypeError(FlowForgeError):
    """A node type was found by name, but its module cannot be used."""


class Registry:
    """Node types by kind. Of two with one kind the lab's own wins, then a package's, then the built-in."""

    def __init__(self, own: Path | None = None) -> None:
        self._own = dict(_kinds_in(own)) if own is not None and own.is_dir() else {}
        self._loaded: dict[str, NodeType] = {}

    def kinds(self) -> tuple[str, ...]:
        """Return every kind there is, sorted; nothing is imported."""
        return tuple(sorted({*_builtin_files(), *_packaged(), *self._own}))

    def get(self, kind: str) -> NodeType:
        """Return the node type of a kind.

        Raises:
            NotFoundError: there is no such kind; the text names the nearest.
            NodeTypeError: its module fails to import or does not hold it.
        """
        found = self.find(kind)
        if found is None:
            hint = did_you_mean(kind, self.kinds())
            msg = f"unknown node type {kind!r}; {hint or '`flowforge nodes` lists them'}"
            raise NotFoundError(msg)
        return found

    def find(self, kind: str) -> NodeType | None:
        """Return the node type of a kind, or `None` where there is no such kind.

        Raises:
            NodeTypeError: its module fails to import or does not hold it.
        """
        if kind not in self._loaded:
            loaded = self._load(kind)
            if loaded is None:
                return None
            self._loaded[kind] = loaded
        return self._loaded[kind]

    def __iter__(self) -> Iterator[NodeType]:
        """Yield every node type that can be used, by kind; one that cannot is logged and left out."""
        for kind in self.kinds():
            try:
                yield self.get(kind)
            except NodeTypeError as error:
                logger.warning("left out: %s", error)

    def _load(self, kind: str) -> NodeType | None:
        if kind in self._own:
            return _held_by(_import_file(self._own[kind]), kind)
        if kind in _packaged():
            return _from_package(_packaged()[kind])
        if kind in _builtin_files():
            relative = _builtin_files()[kind].relative_to(_BUILTIN).with_suffix("")
            module = importlib.import_module(f"{__package__}.builtin.{'.'.join(relative.parts)}")
            return _held_by(module, kind)
        return None


def builtin_types() -> Iterator[NodeType]:
    """Return the node types that ship with the product, by kind."""
    registry = Registry()
    return (registry.get(kind) for kind in sorted(_builtin_files()))


@cache
def _builtin_files() -> Mapping[str, Path]:
    return dict(_kinds_in(_BUILTIN))


@cache
def _packaged() -> Mapping[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=ENTRY_POINTS)}


def _kinds_in(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*.py")):
        for kind in _KIND.findall(_text_of(path)):
            yield kind, path


def _text_of(path: Path) -> str:
    """Return what a file says, as far as it can be read: one bad file must not hide the others."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _import_file(path: Path) -> ModuleType:
    name = f"flowforge_own_{sha256(str(path).encode()).hexdigest()[:12]}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        msg = f"{path} is not a Python file that can be imported"
        raise NodeTypeError(msg)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # a user's file may raise anything
        del sys.modules[name]
        msg = f"{path} cannot be imported: {type(error).__name__}: {error}"
        raise NodeTypeError(msg) from error
    return module


def _from_package(point: EntryPoint) -> NodeType:
    try:
        found = point.load()
    except (Exception, SystemExit) as error:  # a package may raise anything
        msg = f"node type {point.name!r} of package {point.value!r} cannot be imported: {error}"
        raise NodeTypeError(msg) from error
    if not isinstance(found, NodeType) or found.kind != point.name:
        msg = f"entry point {point.name!r} ({point.value}) is not a node type of that kind"
        raise NodeTypeError(msg)
    return found


def _held_by(module: ModuleType, kind: str) -> NodeType:
    for value in vars(module).values():
        if isinstance(value, NodeType) and value.kind == kind:
            return value
    msg = f"{module.__file__} says @node_type({kind!r}), but holds no such node type"
    raise NodeTypeError(msg)
