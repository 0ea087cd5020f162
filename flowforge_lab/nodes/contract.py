"""What a node type is: an async function, three models, and what the engine must know of it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec
from pydantic import BaseModel, ConfigDict

from flowforge_lab.clients import Clients
from flowforge_lab.errors import NodeError
from flowforge_lab.variables import Variables

from .models import Model
from .people import Directory

Effects = Literal["none", "reads", "writes"]
Measure = Literal["counter", "gauge"]


class NoInputs(Model):
    """The inputs of a node that takes whatever comes along its edge and looks at none of it."""

    model_config = ConfigDict(extra="ignore")


class Port(msgspec.Struct, frozen=True):
    """A named input or output. `type` is `any`, `value`, `frame` or `error`."""

    name: str
    title: str = ""
    type: str = "any"


IN = Port("in", "In")
OUT = Port("out", "Out")
VALUE = Port("out", "Out", "value")
ERROR = Port("error", "Error", "error")


def fits(source: Port, target: Port) -> bool:
    """Return whether an edge may run from `source` to `target`."""
    return "any" in {source.type, target.type} or source.type == target.type


class Emit(msgspec.Struct, frozen=True):
    """The visit is over; `outputs` leaves along the edges of `port`.

    Where nothing hangs on that port, it leaves by `or_else`, or fails with `or_error`, if one is given.
    """

    outputs: BaseModel
    port: str = "out"
    or_else: str = ""
    or_error: NodeError | None = None


class Park(msgspec.Struct, frozen=True):
    """The visit waits on disk until a time or an answer to one of `keys`; then the node is called again.

    `terms` tells whoever takes answers in what one must look like.
    """

    until: datetime | None = None
    keys: tuple[str, ...] = ()
    terms: Mapping[str, Any] = {}


OnItemError = Literal["fail", "skip", "blank"]


class Iterate(msgspec.Struct, frozen=True):
    """The visit goes round: what hangs on its port `body` runs once for each of `items`.

    Where `items` is `None` it goes round while the fields in `NodeType.each_turn` all hold, which are asked
    before each turn. After the last turn the node is called again with what the turns came to.
    `on_item_error` says what an error in a turn does: `fail` the loop, `skip` the item, or leave a `blank`
    (null) for it.
    """

    items: Sequence[Any] | None
    max_turns: int = 10_000
    parallel: int = 1
    on_item_error: OnItemError = "fail"


Command = Emit | Park | Iterate


class Answer(msgspec.Struct, frozen=True):
    """Why a visit goes on, or came to be.

    `time`: what it parked for is over. `answer`: somebody gave `payload` for `key`, as the answer `number`
    (from 1) to this visit. `turns`: its loop is done, and `payload` holds what `logic.loop` gives.
    `timeout`, `short`: a join has waited long enough, or no more can come to it; only `number` of the
    `payload` arrivals that it waits for came.
    """

    reason: str = "time"
    payload: Any = None
    key: str = ""
    number: int = 0


class Address(msgspec.Struct, frozen=True):
    """Where a wait can be answered. Whoever has the token may answer."""

    token: str
    url: str


class Ending(msgspec.Struct, frozen=True):
    """How another execution ended; `running` where it has not. `error` is as an error port carries it."""

    status: str
    result: Any = None
    error: Mapping[str, Any] | None = None


class Attempt(Protocol):
    """One call of one step: what a node may know, and ask for, while it runs."""

    @property
    def execution_id(self) -> str:
        """The id of the execution."""

    @property
    def workflow_id(self) -> str:
        """The id of the workflow."""

    @property
    def node(self) -> str:
        """The id of the node."""

    @property
    def kind(self) -> str:
        """The kind of the node."""

    @property
    def number(self) -> int:
        """Which attempt this is, from 1."""

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt of this visit, also after a crash; different for any other visit."""

    @property
    def now(self) -> datetime:
        """The time that `now()` gives to every expression of this visit."""

    @property
    def folder(self) -> Path:
        """Where relative paths in the config start: the folder of the workflow file."""

    @property
    def artifacts(self) -> Path:
        """A folder of this visit's own, kept with the execution; made on first use."""

    @property
    def earlier(self) -> Path | None:
        """The files of the visit in another execution that this one was asked to go on from; else `None`."""

    @property
    def input(self) -> Any:
        """The value on the edge that started this visit."""

    @property
    def resumed(self) -> Answer | None:
        """Why the node is called again, or called though not all came; else `None`."""

    @property
    def number_in_turn(self) -> int:
        """Which visit of this node it is, from 1, in the turn of the loop it runs in, or in the execution."""

    @property
    def address(self) -> Address:
        """Where this visit can be answered once it has parked under the token; known beforehand to others."""

    @property
    def user(self) -> str:
        """For or by whom the execution was started; empty where nobody is known."""

    @property
    def session(self) -> str:
        """The conversation that the execution belongs to, such as `telegram:<bot>`; empty without one."""

    @property
    def chat(self) -> str:
        """The chat that the execution belongs to; empty without one."""

    @property
    def users(self) -> Directory:
        """The directory of the lab's users."""

    @property
    def clients(self) -> Clients:
        """The clients of the lab."""

    @property
    def variables(self) -> Variables:
        """Variables in all scopes."""

    def log(self, message: str, *, level: str = "info", source: str = "node") -> None:
        """Note one line in the step's log; long lines are cut, many are counted."""

    def progress(self, fraction: float, text: str = "") -> None:
        """Tell how far the step is, between 0 and 1; at most a few a second are kept."""

    def metric(
        self,
        name: str,
        value: float = 1.0,
        labels: Mapping[str, str] | None = None,
        *,
        measure: Measure = "counter",
    ) -> None:
        """Note a number for the dashboards: a `counter` adds up, a `gauge` says how it stands now.

        Names are of small letters, digits and underscores.

        Raises:
            ValueError: the name, a label or the number cannot be one.
        """

    async def call(
        self,
        workflow: str,
        inputs: Mapping[str, Any],
        *,
        is_awaited: bool = True,
        max_depth: int = 16,
    ) -> str:
        """Start another workflow, once for this visit however often it is asked, and return its execution.

        One that `is_awaited` is cancelled with this one, and its end answers the key `execution:<id>`.

        Raises:
            NodeError: there is no such workflow, its inputs do not fit, or it stands too deep.
        """

    async def ending_of(self, execution_id: str) -> Ending:
        """Return how another execution stands."""


Run = Callable[[Any, Any, Attempt], Awaitable[Any]]
Ports = Callable[[Mapping[str, Any]], tuple[Port, ...]]
Upgrade = Callable[[dict[str, Any]], dict[str, Any]]
EffectsOf = Callable[[Mapping[str, Any]], Effects]
IsKeyed = Callable[[Mapping[str, Any]], bool]


class NodeType(msgspec.Struct, frozen=True):
    """What the nodes of one kind can do.

    `outputs_of` and `inputs_of` give the ports for a node's raw config (expressions not rendered), so that a
    switch has a port for each of its cases. `effects_of` narrows `effects` for one node's raw config: a GET
    only reads. `upgrades[n]` lifts a config of version n to n + 1.
    `joins` says that the node waits for several edges, `ends` that its end is that of the execution,
    `loops` that it may answer with `Iterate`, `jumps` that its edges may lead back. `each_turn` names
    the expressions in its config that are asked before each turn of a loop, `calls` the field that names
    a workflow to start. `answers` says that it parks under its `address`. `is_keyed` says for one node's
    raw config whether the other side knows a repeated request by a key, so that it may be sent again.
    """

    kind: str
    title: str
    doc: str
    config: type[BaseModel]
    inputs: type[BaseModel]
    outputs: type[BaseModel]
    run: Run
    inputs_of: Ports
    outputs_of: Ports
    category: str
    icon: str = "box"
    color: str = "#64748b"
    effects: Effects = "none"
    is_idempotent: bool = True
    timeout: float = 300.0
    version: int = 1
    upgrades: Mapping[int, Upgrade] = {}
    keywords: tuple[str, ...] = ()
    joins: bool = False
    ends: bool = False
    loops: bool = False
    jumps: bool = False
    each_turn: tuple[str, ...] = ()
    calls: str = ""
    answers: bool = False
    effects_of: EffectsOf | None = None
    is_keyed: IsKeyed | None = None

    def effects_with(self, config: Mapping[str, Any]) -> Effects:
        """Return what a node of this kind with this raw config does outside."""
        return self.effects if self.effects_of is None else self.effects_of(config)

    def is_safe_again(self, config: Mapping[str, Any]) -> bool:
        """Return whether a node of this kind with this raw config may run twice and do its work once."""
        return self.effects_with(config) != "writes" or self.is_idempotent or self._keyed(config)

    def is_retried(self, config: Mapping[str, Any]) -> bool:
        """Return whether an attempt that failed is made again although the node says nothing of it."""
        return self.effects_with(config) == "reads" or self._keyed(config)

    def _keyed(self, config: Mapping[str, Any]) -> bool:
        return self.is_keyed is not None and self.is_keyed(config)

    @property
    def is_trigger(self) -> bool:
        """Whether nodes of this kind start executions instead of taking part in them."""
        return self.kind.startswith("trigger.")


def node_type(
    kind: str,
    *,
    title: str,
    outputs: type[BaseModel],
    ports: Ports | tuple[Port, ...] = (OUT,),
    takes: Ports | tuple[Port, ...] = (IN,),
    **facts: Any,
) -> Callable[[Run], NodeType]:
    """Return a decorator that makes an async function `(config, inputs, attempt)` the node type `kind`.

    The models of config and inputs are read from the function's annotations, the long description from
    its module's docstring. What it returns is an `Emit`, a `Park`, or its outputs, which leave on `out`.
    `facts` are further fields of `NodeType`.
    """

    def decorate(run: Run) -> NodeType:
        if not iscoroutinefunction(run):
            msg = f"{kind}: a node's function must be async; write `async def {run.__name__}`"
            raise TypeError(msg)
        config, inputs = _models_of(run)
        given = {"takes": takes, "ports": ports}
        inputs_of, outputs_of = (_ports_of(kind, name, some) for name, some in given.items())
        return NodeType(
            kind=kind,
            title=title,
            doc=_doc_of(run),
            config=config,
            inputs=inputs,
            outputs=outputs,
            run=run,
            inputs_of=inputs_of,
            outputs_of=outputs_of,
            **{"category": kind.partition(".")[0], **facts},
        )

    return decorate


def _models_of(run: Run) -> tuple[type[BaseModel], type[BaseModel]]:
    kinds = [kind for name, kind in run.__annotations__.items() if name != "return"]
    if len(kinds) < len(("config", "inputs")) or not all(
        isinstance(kind, type) for kind in kinds[:2]
    ):
        msg = f"{run.__module__}: a node's function needs annotated parameters (config, inputs, attempt)"
        raise TypeError(msg)
    return kinds[0], kinds[1]


def _doc_of(run: Run) -> str:
    import sys

    module = sys.modules.get(run.__module__)
    return (getattr(module, "__doc__", None) or run.__doc__ or "").strip()


def _ports_of(kind: str, name: str, given: Any) -> Ports:
    """Return the ports that an author gave, for every config alike where they are no function."""
    if callable(given):
        asked: Ports = given
        return asked
    if not isinstance(given, list | tuple) or not all(isinstance(port, Port) for port in given):
        msg = f'{kind}: {name}: expected a tuple of ports such as (Port("out"),), found {given!r}'
        raise TypeError(msg)
    ports = tuple(given)
    return lambda _config: ports
