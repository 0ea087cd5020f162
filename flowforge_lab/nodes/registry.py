"""Which node types there are: built in, from packages, from the lab's own `nodes/*.py`.

Discovery reads names only. A type's module is imported when somebody asks for that type.
"""

import importlib
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType

from flowforge_lab.errors import NotFoundError
from flowforge_lab.spec import did_you_mean

from .contract import NodeType
from .own_files import NodeTypeError, find_fault, import_file

logger = logging.getLogger(__name__)

ENTRY_POINTS = "flowforge_lab.nodes"
_BUILTIN = Path(__file__).parent / "builtin"
_KIND = re.compile(r"""^@node_type\(\s*["']([a-z][a-z0-9_.]*)["']""", re.MULTILINE)


class Registry:
    """Node types by kind. Of two with one kind the lab's own wins, then a package's, then the built-in."""

    def __init__(self, own: Path | None = None) -> None:
        self._files = tuple(_files_in(own)) if own is not None and own.is_dir() else ()
        self._own = dict(_kinds_of(self._files))
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
        """Yield every node type that can be used, by kind; one that cannot is logged and left out.

        So is each of the lab's own files that cannot even be parsed.
        """
        for kind in self.kinds():
            try:
                yield self.get(kind)
            except NodeTypeError as error:
                logger.warning("left out: %s", error)
        for fault in self._faults_of_nameless():
            logger.warning("left out: %s", fault)

    def faults(self) -> list[str]:
        """Return what is wrong with the lab's own files, each with its place; imports their types."""
        found = self._faults_of_nameless()
        for kind in self._own:
            try:
                self.get(kind)
            except NodeTypeError as error:
                found.append(str(error))
        return list(dict.fromkeys(found))

    def replaced(self) -> dict[str, Path]:
        """Return the own files that take the place of a type that ships or is installed, by kind."""
        others = {*_packaged(), *_builtin_files()}
        return {kind: path for kind, path in self._own.items() if kind in others}

    def _faults_of_nameless(self) -> list[str]:
        """Return why own files in which no kind was found cannot be parsed."""
        named = set(self._own.values())
        faults = (find_fault(path) for path in self._files if path not in named)
        return [fault for fault in faults if fault is not None]

    def _load(self, kind: str) -> NodeType | None:
        if kind in self._own:
            return _held_by(import_file(self._own[kind]), kind)
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
    return dict(_kinds_of(_files_in(_BUILTIN)))


@cache
def _packaged() -> Mapping[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=ENTRY_POINTS)}


def _files_in(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*.py")) if not path.is_dir())


def _kinds_of(files: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    for path in files:
        for kind in _KIND.findall(_text_of(path)):
            yield kind, path


def _text_of(path: Path) -> str:
    """Return what a file says, as far as it can be read: one bad file must not hide the others."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


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
