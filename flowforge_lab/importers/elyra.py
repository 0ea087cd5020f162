"""Elyra: a pipeline of notebooks and scripts, each of which waits for all that lead to it."""

import re
from collections.abc import Callable
from typing import Any

from .language import UnknownError
from .reading import MAX_NODES, is_secret, number, place, refusal, rows, table, tables, words
from .report import Imported
from .sketch import Original, Sketch

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
HasFile = Callable[[str], bool]


def fits(document: Any) -> bool:
    """Whether a document looks like Elyra's."""
    whole = table(document)
    return bool(rows(whole.get("pipelines"))) and (
        "primary_pipeline" in whole or whole.get("doc_type") == "pipeline"
    )


def read(document: Any, stem: str, has_file: HasFile) -> Imported:
    """Return the workflow of a `.pipeline` file; `has_file` tells what lies beside it.

    Raises:
        DocumentError: it is none, or has more nodes than are read.
    """
    if not fits(document):
        raise refusal("expected a pipeline of Elyra with 'pipelines' and 'primary_pipeline'")
    pipelines = {words(one.get("id")): one for one in tables(table(document).get("pipelines"))}
    main = pipelines.get(words(table(document).get("primary_pipeline"))) or next(
        iter(pipelines.values()), {}
    )
    reading = _Reading(main, pipelines, stem=stem, has_file=has_file)
    sketch = reading.run()
    return Imported("elyra", (sketch.workflow(),), tuple(sketch.lines), (), tuple(reading.remarks))


class _Reading:
    def __init__(
        self, main: dict[str, Any], pipelines: dict[str, Any], *, stem: str, has_file: HasFile
    ) -> None:
        properties = _properties(main)
        name = words(properties.get("name"))
        name = stem if name in {"", "untitled"} else name
        self.sketch = Sketch(name, name, "Elyra")
        self.sketch.description = words(properties.get("description"))
        self.remarks: list[str] = []
        self._has_file = has_file
        self._main = main
        self._pipelines = pipelines
        defaults = table(properties.get("pipeline_defaults"))
        self._variables = _pairs(defaults.get("env_vars"))
        self._ids: dict[str, str] = {}
        self._into: dict[str, list[str]] = {}

    def run(self) -> Sketch:
        nodes = self._flat(self._main, 0)
        if len(nodes) > MAX_NODES:
            msg = f"expected at most {MAX_NODES:,} nodes, found {len(nodes):,}"
            raise refusal(msg)
        for node in nodes:
            self._ids.setdefault(words(node.get("id")), self.sketch.id_for(_called(node)))
        for node in nodes:
            self._make(node)
        for id, before in self._into.items():
            self._lead(id, before)
        for comment in tables(
            table(table(self._main.get("app_data")).get("ui_data")).get("comments")
        ):
            size = number(comment.get("width")) or 240, number(comment.get("height")) or 120
            at = place(comment.get("x_pos"), comment.get("y_pos"))
            self.sketch.note(words(comment.get("content")), at, size)
        return self.sketch

    def _flat(self, pipeline: dict[str, Any], depth: int) -> list[dict[str, Any]]:
        """Return the nodes of a pipeline; what a super node holds takes its place."""
        found: list[dict[str, Any]] = []
        for node in tables(pipeline.get("nodes")):
            inner = self._pipelines.get(
                words(table(node.get("subflow_ref")).get("pipeline_id_ref"))
            )
            if node.get("type") == "super_node" and inner is not None and depth < 1:
                self.remarks.append(
                    f"{_called(node)!r} was a pipeline of its own; its nodes stand beside the rest"
                )
                found += self._flat(inner, depth + 1)
            elif node.get("type") != "binding":
                found.append(node)
        return found

    def _make(self, node: dict[str, Any]) -> None:
        foreign = words(node.get("id"))
        id = self._ids[foreign]
        if id in self.sketch.nodes:
            return
        data = table(node.get("app_data"))
        ui = table(data.get("ui_data"))
        original = Original(
            _called(node), words(node.get("op")), node, at=place(ui.get("x_pos"), ui.get("y_pos"))
        )
        given = table(data.get("component_parameters")) or data
        for port in tables(node.get("inputs")):
            for link in tables(port.get("links")):
                self._into.setdefault(id, []).append(words(link.get("node_id_ref")))
        try:
            self._take(id, original, given)
        except UnknownError as error:
            self.sketch.placeholder(id, original, str(error))

    def _take(self, id: str, original: Original, given: dict[str, Any]) -> None:
        path = words(given.get("filename"))
        doubts = _doubts(given)
        variables = {**self._variables, **_pairs(given.get("env_vars"))}
        safe = {name: value for name, value in variables.items() if not is_secret(name, value)}
        if len(safe) < len(variables):
            doubts.append("variables with credentials are left out: make secrets of them")
        if original.type == "execute-notebook-node" and path:
            if safe:
                doubts.append(
                    f"the variables {', '.join(safe)} are not set: make parameters of them in the notebook"
                )
            self.sketch.add(id, "notebook.run", {"path": path}, original=original)
        elif original.type == "execute-python-node" and path:
            self.sketch.add(id, "python.code", {"code": _script(path, safe)}, original=original)
        else:
            raise UnknownError("only notebooks and Python scripts are run here")
        if not self._has_file(path):
            doubts.append(f"put {path!r} beside the workflow: its path is relative to that")
        self.sketch.mapped(original, id, tuple(doubts))

    def _lead(self, id: str, before: list[str]) -> None:
        """Let a node begin once all that lead to it are done."""
        sources = [self._ids[one] for one in dict.fromkeys(before) if one in self._ids]
        if len(sources) < 2:  # noqa: PLR2004  # one edge needs no join
            for source in sources:
                self.sketch.connect(source, id)
            return
        join = self.sketch.id_for(f"before_{id}")
        at = self.sketch.places.get(id)
        self.sketch.add(join, "logic.join", {})
        self.sketch.places[join] = None if at is None else (at[0] - 140, at[1])
        for source in sources:
            self.sketch.connect(source, join)
        self.sketch.connect(join, id)


def _properties(pipeline: dict[str, Any]) -> dict[str, Any]:
    data = table(pipeline.get("app_data"))
    return {**data, **table(data.get("properties"))}


def _called(node: dict[str, Any]) -> str:
    data = table(node.get("app_data"))
    label = words(table(data.get("ui_data")).get("label")) or words(data.get("label"))
    path = words((table(data.get("component_parameters")) or data).get("filename"))
    return label or path.rpartition("/")[2].partition(".")[0] or words(node.get("op")) or "node"


def _pairs(value: Any) -> dict[str, str]:
    """Return variables, which older files write as `NAME=value` and newer ones as two fields."""
    found = {}
    for one in rows(value)[:200]:
        if isinstance(one, dict):
            name, text = words(one.get("env_var")), words(one.get("value"))
        else:
            name, _, text = words(one).partition("=")
        if _NAME.fullmatch(name):
            found[name] = text.strip('"')
    return found


def _script(path: str, variables: dict[str, str]) -> str:
    """Return code that runs a script as Elyra does: as a program, with its variables set."""
    told = "".join(f"os.environ[{name!r}] = {value!r}\n" for name, value in variables.items())
    begin = f"import os\nimport runpy\n\n{told}" if told else "import runpy\n\n"
    return f"{begin}runpy.run_path({path!r}, run_name='__main__')\n"


def _doubts(given: dict[str, Any]) -> list[str]:
    doubts = []
    if words(given.get("runtime_image")):
        doubts.append(
            f"it ran in the image {words(given['runtime_image'])!r}; here in this environment"
        )
    if any(given.get(name) for name in ("cpu", "gpu", "memory")):
        doubts.append("limits of processor and memory are not taken over")
    return doubts
