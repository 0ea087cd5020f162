"""A workflow file: the text as its author left it, and the workflow it says."""

import hashlib
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from ruamel.yaml.comments import CommentedMap

from flowforge_lab.errors import ConflictError, DocumentError, NotFoundError, Problem

from . import yaml_text
from .fingerprint import differences
from .lenient import read_workflow
from .model import Workflow
from .upgrade import upgrade

SUFFIX = ".flow.yaml"
_EMPTY = "flowforge: 1\nnodes: {}\n"


@dataclass(frozen=True)
class Document:
    """The text of a workflow file and its meaning; `problems` says what of it has the wrong form.

    `stamp` is the SHA-256 of the file it was read from, so that a later write notices foreign changes.
    """

    workflow: Workflow
    text: str
    problems: tuple[Problem, ...] = ()
    path: Path | None = None
    stamp: str = ""
    tree: CommentedMap = field(default_factory=CommentedMap, repr=False, compare=False)

    @classmethod
    def parse(cls, text: str, *, source: str = "", stem: str = "workflow") -> "Document":
        """Return the document that `text` writes; what is wrong with its form is in `problems`.

        Raises:
            DocumentError: the text is no YAML mapping, too large, or of a newer format.
        """
        tree = yaml_text.load(text, source)
        raw = upgrade(yaml_text.plain(tree))
        workflow, problems = read_workflow(raw, stem=stem)
        placed = tuple(_with_line(problem, tree) for problem in problems)
        return cls(workflow, text, placed, tree=tree)

    @classmethod
    def read(cls, path: Path | str, *, known: "Document | None" = None) -> "Document":
        """Return the document in a file; that which is `known` if it still says the same.

        Raises:
            NotFoundError: there is no such file.
            DocumentError: it cannot be read as a workflow at all.
        """
        path = Path(path)
        content = _read_bytes(path)
        if known is not None and (known.path, known.stamp) == (path, _stamp(content)):
            return known
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            msg = f"{path}: expected UTF-8 text, found byte {error.start} that is not"
            raise DocumentError(msg, [Problem("document.yaml", msg)]) from error
        document = cls.parse(text, source=str(path), stem=stem_of(path))
        return replace(document, path=path, stamp=_stamp(content))

    @classmethod
    def of(cls, workflow: Workflow) -> "Document":
        """Return a fresh document of a workflow that was built in Python."""
        tree, text = yaml_text.fresh(workflow.plain())
        return cls(workflow, text, tree=tree)

    @classmethod
    def empty(cls, stem: str) -> "Document":
        """Return a document without nodes; the name of its file is its id, also under another name later."""
        return cls.parse(_EMPTY, stem=stem)

    def with_workflow(
        self, workflow: Workflow, *, renamed: Mapping[str, str] | None = None
    ) -> "Document":
        """Return the document changed to say `workflow`; what did not change keeps its text and comments.

        `renamed` maps old node ids to new ones, so that a renamed node keeps its comments too.
        """
        moved = renamed or {}
        tree = self._tree(moved)
        target = _kept_forms(tree, self._renamed(moved), workflow)
        tree, text = (
            yaml_text.changed(tree, target)
            or yaml_text.changed(self._tree(moved), target, is_quoted=True)
            or yaml_text.fresh(target)
        )
        return replace(self, workflow=workflow, text=text, problems=(), tree=tree)

    def _tree(self, renamed: Mapping[str, str]) -> CommentedMap:
        tree = yaml_text.load(self.text)
        yaml_text.rename_nodes(tree, renamed)
        return tree

    def _renamed(self, renamed: Mapping[str, str]) -> Workflow:
        nodes = {renamed.get(id, id): node for id, node in self.workflow.nodes.items()}
        return self.workflow.model_copy(update={"nodes": nodes})

    def write(self, path: Path | str | None = None, *, force: bool = False) -> "Document":
        """Write the file in one step (a reader sees the old or the new text) and return the document at rest.

        Raises:
            ConflictError: the file changed since it was read, and `force` is not set; nothing was written.
            DocumentError: the text does not say what the workflow is; nothing was written.
        """
        target = Path(path) if path else self.path
        if target is None:
            msg = "this document has no file yet: name one"
            raise NotFoundError(msg)
        if not force and target == self.path and self._is_stale(target):
            msg = f"{target} was changed by somebody else since it was read; reload it or force the write"
            raise ConflictError(msg)
        self._prove()
        content = self.text.encode()
        replace_file(target, content)
        return replace(self, path=target, stamp=_stamp(content))

    def _prove(self) -> None:
        """Read the text as whoever opens the file next will, and refuse it if it says something else."""
        again = Document.parse(self.text, stem=self.workflow.id).workflow
        found = differences(again, self.workflow)
        if found:
            msg = (
                f"cannot write the workflow so that it reads back the same: {', '.join(found[:3])} would be"
                " another; nothing was written"
            )
            raise DocumentError(msg, [Problem("document.text", msg)])

    def _is_stale(self, target: Path) -> bool:
        return bool(self.stamp) and target.exists() and _stamp(target.read_bytes()) != self.stamp

    def line_of(self, problem: Problem) -> int | None:
        """Return the line a problem of this document stands at, as near as it can be told."""
        return _with_line(problem, self.tree).line


def stem_of(path: Path) -> str:
    """Return the id a file gives its workflow: its name without `.flow.yaml`."""
    return path.name.removesuffix(SUFFIX) if path.name.endswith(SUFFIX) else path.stem


def _read_bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > yaml_text.MAX_BYTES:
            size = f"{path.stat().st_size:,}"
            msg = f"{path} has {size} bytes, a workflow may have {yaml_text.MAX_BYTES:,}; keep data beside it"
            raise DocumentError(msg, [Problem("document.size", msg)])
        return path.read_bytes()
    except FileNotFoundError as error:
        msg = f"there is no file {path}"
        raise NotFoundError(msg) from error
    except OSError as error:
        msg = f"cannot read {path}: {error.strerror}"
        raise DocumentError(msg, [Problem("document.file", msg)]) from error


def _kept_forms(tree: CommentedMap, old: Workflow, new: Workflow) -> dict[str, object]:
    """Return the plain form to merge into `tree`; parts whose meaning did not change stay as written."""
    written = upgrade(yaml_text.plain(tree))
    unknown = {key: value for key, value in written.items() if key not in Workflow.model_fields}
    target = {**unknown, **new.plain()}
    for name in ("name", "description", "inputs", "settings", "nodes", "canvas"):
        if name in written and getattr(old, name) == getattr(new, name):
            target[name] = written[name]
    if old.id == new.id:
        target.pop("id")
        target |= {"id": written["id"]} if "id" in written else {}
    if old.nodes != new.nodes or isinstance(written.get("nodes"), Mapping):
        target["nodes"] = _kept_nodes(written.get("nodes"), old, new)
    return target


def _kept_nodes(written: object, old: Workflow, new: Workflow) -> dict[str, object]:
    nodes: dict[str, object] = {}
    for id, node in new.nodes.items():
        as_written = written.get(id) if isinstance(written, Mapping) else None
        before = old.nodes.get(id)
        if before == node and as_written is not None:
            nodes[id] = as_written
            continue
        if before is None or not isinstance(as_written, Mapping):
            nodes[id] = node.plain()
            continue
        fields = {key: value for key, value in as_written.items() if key.startswith("x-")}
        for key, value in node.plain().items():
            is_same = key in as_written and getattr(before, key) == getattr(node, key)
            fields[key] = as_written[key] if is_same else value
        for key in as_written:
            if key not in fields and getattr(before, key, None) == getattr(node, key, None):
                fields[key] = as_written[key]
        nodes[id] = fields
    return nodes


def _with_line(problem: Problem, tree: CommentedMap) -> Problem:
    path: tuple[str | int, ...] = ("nodes", problem.node) if problem.node else ()
    steps = (int(part) if part.isdigit() else part for part in problem.field.split(".") if part)
    line = yaml_text.line_of(tree, (*path, *steps))
    return Problem(
        problem.code,
        problem.message,
        problem.node,
        problem.field,
        problem.hint,
        problem.severity,
        problem.line or line,
    )


def _stamp(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def replace_file(link: Path, content: bytes) -> None:
    """Write a file of a person in one step; its mode stays as it is, and a link stays one.

    Raises:
        ConflictError: it cannot be written; the file is as it was.
    """
    path = Path(os.path.realpath(link))  # a link stays one, and what it leads to changes
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, draft)
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        msg = f"cannot write {path}: {error.strerror}; the file is as it was"
        raise ConflictError(msg) from error
