"""A workflow on its way to a plan: every name looked up once, so that each check only has to judge."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

from flowforge_lab.expressions import Compiled, Role, compile_value
from flowforge_lab.expressions import Path as Place
from flowforge_lab.nodes import ERROR, NodeType, NodeTypeError, Port, Registry, role_at
from flowforge_lab.spec import Edge, Workflow

from .graph import Graph
from .meeting import run_before
from .passing import passed_by
from .shape import BODY, Shape

Callees = Mapping[str, Workflow | None]


@dataclass(frozen=True)
class Surroundings:
    """What a lab knows that a workflow may name; `None` means that nobody knows, and nothing is checked.

    `folder` is where relative paths of the workflow start, `credentials` the secrets that each
    connection needs, `faults` what is wrong with each that is set up wrongly. `workflows` gives those that
    a document in a folder can call, by id, `None` for one that cannot be read; with `has_all_workflows`
    there are no others.
    """

    connections: frozenset[str] | None = None
    secrets: frozenset[str] | None = None
    folder: Path | None = None
    credentials: Mapping[str, frozenset[str]] = field(default_factory=dict)
    workflows: Callable[[Path | None], Callees] | None = None
    has_all_workflows: bool = True
    faults: Mapping[str, str] = field(default_factory=dict)

    def lacks_secret(self, name: str) -> bool:
        """Whether there is certainly no such secret; of those in the environment the case does not matter."""
        known = self.secrets
        return known is not None and name.lower() not in {one.lower() for one in known}

    def of_file(self, path: Path | None) -> "Surroundings":
        """Return the surroundings of a workflow kept in this file, whose folder its paths start at."""
        return self if path is None else replace(self, folder=path.absolute().parent)


class Draft:
    """A workflow with its node types, ports, edges and compiled configs at hand. Never changed."""

    def __init__(
        self, workflow: Workflow, registry: Registry, surroundings: Surroundings | None = None
    ) -> None:
        self.workflow = workflow
        self.registry = registry
        self.surroundings = surroundings or Surroundings()
        self.broken: dict[str, str] = {}
        self.types: dict[str, NodeType] = dict(self._types())
        self.written: tuple[Edge, ...] = workflow.edges()
        self.edges: tuple[Edge, ...] = tuple(self._open_edges())

    def _types(self) -> Iterator[tuple[str, NodeType]]:
        for id, node in self.workflow.nodes.items():
            try:
                found = self.registry.find(node.kind_name)
            except NodeTypeError as error:
                found = None
                if not node.disabled:
                    self.broken[id] = str(error)
            if node.disabled:
                yield id, passed_by(node, found)
            elif found is not None:
                yield id, found

    def _open_edges(self) -> Iterator[Edge]:
        """Yield the edges that something can go along: of a disabled node those it is passed by."""
        for edge in self.written:
            node = self.workflow.nodes[edge.source]
            if not node.disabled or edge.from_port in self._ports_past(edge.source):
                yield edge

    def _ports_past(self, id: str) -> tuple[str, ...]:
        return tuple(port.name for port in self.types[id].outputs_of({}))

    @cached_property
    def idle(self) -> frozenset[str]:
        """The nodes that nothing comes to because others are disabled; where none is, there are none."""
        nodes = self.workflow.nodes
        if not any(node.disabled for node in nodes.values()):
            return frozenset()
        starts = [
            id for id, kind in self.types.items() if kind.is_trigger and not nodes[id].disabled
        ]
        last = self.workflow.settings.finally_
        pairs = ((edge.source, edge.target) for edge in self.edges if edge.target in nodes)
        reached = Graph(nodes, pairs).reached([*starts, *([last] if last in nodes else [])])
        return frozenset(nodes) - reached

    @cached_property
    def callees(self) -> Callees | None:
        """The workflows that this one can call, by id; `None` where nobody knows."""
        around = self.surroundings
        return None if around.workflows is None else around.workflows(around.folder)

    @cached_property
    def configs(self) -> Mapping[str, Mapping[str, object]]:
        """The config of each node of a known type, lifted to the type's version."""
        return {id: self._lifted(id, kind) for id, kind in self.types.items()}

    def _lifted(self, id: str, kind: NodeType) -> Mapping[str, object]:
        if self.workflow.nodes[id].disabled:
            return {}
        config = dict(self.workflow.nodes[id].config)
        for version in range(self.workflow.nodes[id].kind_version, kind.version):
            config = kind.upgrades[version](config)
        return config

    @cached_property
    def compiled(self) -> Mapping[str, Compiled]:
        """The compiled config of each node of a known type, but for what is asked before each turn."""
        return {
            id: self._compile(id, {k: v for k, v in config.items() if k not in self._turns(id)})
            for id, config in self.configs.items()
        }

    @cached_property
    def each_turn(self) -> Mapping[str, Compiled]:
        """The part of a config that is asked before each turn, where a node has such."""
        parts = {
            id: {key: config[key] for key in self._turns(id) if key in config}
            for id, config in self.configs.items()
        }
        return {id: self._compile(id, part) for id, part in parts.items() if part}

    def _turns(self, id: str) -> tuple[str, ...]:
        return self.types[id].each_turn

    def _compile(self, id: str, config: Mapping[str, object]) -> Compiled:
        return compile_value(dict(config), role_of=partial(_role, self.types[id]))

    @cached_property
    def slot_key(self) -> Compiled | None:
        """The compiled key of the workflow's concurrency, if it has one."""
        concurrency = self.workflow.settings.concurrency
        if concurrency is None or not concurrency.key:
            return None
        return compile_value({"key": concurrency.key})

    def gives(self, id: str) -> tuple[Port, ...]:
        """Return the output ports of a node of a known type, the error port last."""
        return (*self.types[id].outputs_of(self.configs[id]), ERROR)

    def takes(self, id: str) -> tuple[Port, ...]:
        """Return the input ports of a node of a known type."""
        return self.types[id].inputs_of(self.configs[id])

    @cached_property
    def sound_edges(self) -> tuple[Edge, ...]:
        """The edges that something comes to and whose two ends are nodes of the workflow."""
        nodes = self.workflow.nodes
        return tuple(
            edge for edge in self.edges if edge.target in nodes and edge.source not in self.idle
        )

    @cached_property
    def shape(self) -> Shape:
        """The loops and jumps of the workflow, edges to nowhere and into bodies of loops left out."""
        return self._shape([edge for edge in self.sound_edges if edge not in self.intruding])

    def _shape(self, edges: Sequence[Edge]) -> Shape:
        loops = {id for id, kind in self.types.items() if kind.loops}
        jumps = {id for id, kind in self.types.items() if kind.jumps}
        return Shape(self.workflow.nodes, edges, loops=loops, jumps=jumps)

    @cached_property
    def intruding(self) -> frozenset[Edge]:
        """The edges of jumps that lead into the body of a loop from outside."""
        edges = self.sound_edges
        jumps = [
            edge for edge in edges if edge.source in self.types and self.types[edge.source].jumps
        ]
        return frozenset(edge for edge in jumps if self._intrudes(edge))

    def _intrudes(self, edge: Edge) -> bool:
        around = self._shape([other for other in self.sound_edges if other != edge]).around
        return not around[edge.target] <= around[edge.source]

    @cached_property
    def main_part(self) -> frozenset[str]:
        """The nodes that a trigger leads to."""
        triggers = [
            id for id, node in self.workflow.nodes.items() if node.kind_name.startswith("trigger.")
        ]
        return self.graph.reached(triggers)

    @cached_property
    def last_part(self) -> frozenset[str]:
        """The nodes of the branch that always runs at the end."""
        first = self.workflow.settings.finally_
        return self.graph.reached([first]) if first in self.workflow.nodes else frozenset()

    @cached_property
    def run_before(self) -> Mapping[str, frozenset[str]]:
        """The nodes that have run whenever a node begins; only of those that lie in no circle."""
        triggers = [
            id for id, node in self.workflow.nodes.items() if node.kind_name.startswith("trigger.")
        ]
        return run_before(
            self.shape.forward, starts=triggers, goes_on=self._goes_on, waits=self._waits_for_all
        )

    def _goes_on(self, id: str) -> bool:
        """Whether a node that runs to its end leaves by one port whatever happens."""
        node, kind = self.workflow.nodes[id], self.types.get(id)
        if kind is None or node.on_error or node.disabled or id in self.idle:
            return False
        return self._waits_for_all(id) or len(kind.outputs_of(self.configs[id])) == 1

    def _waits_for_all(self, id: str) -> bool:
        kind, config = self.types.get(id), self.workflow.nodes[id].config
        is_patient = config.get("mode", "all") == "all" and config.get("timeout") is None
        return kind is not None and kind.joins and is_patient

    def in_a_loop(self, id: str) -> bool:
        """Whether a node can run in a turn of a loop."""
        bodies = (
            edge.target
            for edge in self.sound_edges
            if edge.from_port == BODY
            and edge.source in self.types
            and self.types[edge.source].loops
        )
        return any(id == body or self.graph.reaches(body, id) for body in bodies)

    @property
    def graph(self) -> Graph:
        """Every node and edge of the workflow, edges to nowhere left out."""
        return self.shape.whole


def _role(kind: NodeType, path: Place) -> Role:
    return role_at(kind.config, path) or "template"


def texts_in(value: object, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Yield every text in a JSON value, with its place."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in pairs:
            yield from texts_in(item, (*place, key))
