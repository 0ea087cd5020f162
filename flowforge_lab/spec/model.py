"""A workflow as its author wrote it: frozen models, in one normal form whatever way it was written."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, field_serializer, field_validator

from flowforge_lab.values import Duration, RateText

from .causes import Causes
from .characters import has_halves
from .edges import (
    Edge,
    Targets,
    TargetsByPort,
    read_ports,
    read_targets,
    write_ports,
    write_targets,
)

FORMAT = 1
ERROR_PORT = "error"
ID_PATTERN = r"^[a-zA-Z][a-zA-Z0-9_]{0,63}$"
MAX_PLACE = 1e9
DRAWN_PATTERN = r"^_[a-zA-Z0-9_]{1,63}$"
MAX_DRAWN_CHARS = 4000
SLUG_PATTERN = r"^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$"
_MAX_DEPTH = 64


NodeId = Annotated[str, Field(pattern=ID_PATTERN)]
Place = Annotated[float, Field(ge=-MAX_PLACE, le=MAX_PLACE)]
Length = Annotated[float, Field(ge=20, le=100_000)]


_NODE_ID: TypeAdapter[str] = TypeAdapter(NodeId)


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Retry(_Model):
    """How often a failed attempt is made again, and how long to wait before."""

    attempts: int = Field(
        default=3, ge=1, le=100, description="Attempts in all, the first included."
    )
    backoff: Literal["exponential", "linear", "constant"] = Field(
        default="exponential", description="How the wait grows from attempt to attempt."
    )
    first: Duration = Field(default=1.0, description="The wait before the second attempt.")
    longest: Duration = Field(default=300.0, description="No wait is longer than this.")
    jitter: bool = Field(
        default=True, description="Spread the wait at random, so that many do not meet."
    )
    max_elapsed: Duration | None = Field(
        default=None,
        gt=0,
        description="No further attempt begins later than this after the first; no limit if absent.",
    )
    retry_on: Causes = Field(
        default=(),
        description="Only these errors are tried again, also such as would not be by themselves: types"
        " (`http.*`) and statuses (`429`, `5xx`). Empty: whatever another attempt may mend.",
    )
    stop_on: Causes = Field(
        default=(), description="These errors are never tried again, whatever `retry_on` says."
    )


class InputField(_Model):
    """One value that a workflow is started with."""

    type: Literal[
        "string", "integer", "number", "boolean", "date", "datetime", "array", "object", "any"
    ] = "any"
    required: bool = False
    default: Any = None
    description: str = ""
    enum: tuple[Any, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


class Concurrency(_Model):
    """How many executions of the workflow may be under way at once."""

    limit: int = Field(default=1, ge=1, le=100_000, description="At most so many at once.")
    key: str = Field(
        default="",
        description="A template over `trigger` and `inputs`; the limit then holds for each value of it.",
    )
    on_limit: Literal["queue", "drop", "replace", "fail"] = Field(
        default="queue",
        description="One more than that waits its turn, is not started, takes the place of the oldest,"
        " or fails.",
    )


class Settings(_Model):
    """What holds for every execution of the workflow."""

    timeout: Duration = Field(
        gt=0,
        default=86400.0,
        description="How long an execution may be active in all, 24 hours by default. Not counted are"
        " the stretches in which all of it waits: delays, waits between attempts, the time from a crash"
        " to the resume.",
    )
    durability: Literal["step", "execution"] = Field(
        default="step",
        description="`step` journals each step before the next acts; `execution` only start, waits and end.",
    )
    concurrency: Concurrency | None = Field(
        default=None,
        description="How many executions may be under way at once; no limit if absent.",
    )
    priority: int = Field(
        default=0,
        ge=-100,
        le=100,
        description="Of those that wait their turn the higher goes first.",
    )
    finally_: str = Field(
        default="",
        alias="finally",
        description="The node that a branch begins with which runs at the end, however that is.",
    )
    rate: RateText = Field(
        default="",
        description="How often it may be started, such as `100/m`; one more than that is queued until"
        " its time has come.",
    )
    on_error: str = Field(
        default="", description="The workflow that is started when an execution of this one fails."
    )


class Node(_Model):
    """A box in the workflow. `kind` may carry a version: `action.http_request@2`."""

    kind: str = Field(description="The node type, such as `logic.condition`.")
    label: str = Field(default="", description="What the canvas shows instead of the id.")
    config: dict[str, Any] = Field(
        default_factory=dict, description="The fields of the node type."
    )
    next: TargetsByPort = Field(default_factory=dict, description="Where each port leads.")
    on_error: Targets = Field(
        default=(), description="Where an error leads once all attempts failed."
    )
    continue_with: Any = Field(
        default=None, description="The outputs to go on with instead of failing."
    )
    retry: Retry | None = Field(
        default=None, description="When to try again; the node type's rule if absent."
    )
    timeout: Duration | None = Field(
        default=None, gt=0, description="How long one attempt may take."
    )
    on_crash: Literal["rerun", "fail", "ask"] | None = Field(
        default=None, description="What to do with a step that was cut off by a crash."
    )
    disabled: bool = Field(
        default=False,
        description="Whether it is passed by: what comes to it goes on by its first port as it came, and"
        " its config is not looked at. A trigger starts nothing; at a jump or an end the branch stops.",
    )
    notes: str = Field(default="", description="For the reader; it changes nothing.")

    @field_validator("next", mode="before")
    @classmethod
    def _read_next(cls, value: Any) -> Any:
        return read_ports(value)

    @field_validator("label", "notes")
    @classmethod
    def _is_whole(cls, value: Any) -> Any:
        return _checked(value)

    @field_validator("config", "continue_with")
    @classmethod
    def _has_an_end(cls, value: Any) -> Any:
        level: dict[int, Any] = {id(value): value}
        for _ in range(_MAX_DEPTH):
            level = {id(part): part for whole in level.values() for part in _parts_of(whole)}
            if not level:
                return _checked(value)
        msg = f"nested deeper than {_MAX_DEPTH} levels, or a part refers to itself"
        raise ValueError(msg)

    @field_validator("on_error", mode="before")
    @classmethod
    def _read_on_error(cls, value: Any) -> Any:
        return read_targets(value)

    @field_serializer("next")
    def _write_next(self, value: TargetsByPort) -> Any:
        return write_ports(value)

    @field_serializer("on_error")
    def _write_on_error(self, value: Targets) -> Any:
        return write_targets(value)

    @property
    def continues(self) -> bool:
        """Whether an error is replaced by `continue_with`; writing `continue_with: null` says so too."""
        return "continue_with" in self.model_fields_set

    @property
    def kind_name(self) -> str:
        """The kind without its version."""
        return self.kind.partition("@")[0]

    @property
    def kind_version(self) -> int:
        """The version its config was written for; 1 where none is named."""
        version = self.kind.partition("@")[2]
        return int(version) if version.isdigit() else 1

    def plain(self) -> dict[str, Any]:
        """Return the node as it is written to a file, without what is at its default."""
        plain = self.model_dump(mode="json", exclude_defaults=True)
        for edges in ("next", "on_error"):
            if not plain.get(edges):
                plain.pop(edges, None)
        if self.continues:
            plain["continue_with"] = self.continue_with
        return {"kind": self.kind, **plain}


class Drawn(_Model):
    """What stands on the canvas beside the nodes: a frame around some of them, or a note. It does nothing."""

    kind: Literal["group", "note"] = Field(description="A frame that nodes move with, or a note.")
    text: str = Field(default="", max_length=MAX_DRAWN_CHARS, description="What it says.")
    at: tuple[Place, Place] = Field(description="Its upper left corner.")
    size: tuple[Length, Length] = Field(default=(240, 120), description="How wide and high it is.")
    color: Literal["", "blue", "green", "yellow", "red", "purple"] = Field(
        default="", description="Its tint; plain if empty."
    )

    @field_validator("text")
    @classmethod
    def _is_whole(cls, value: Any) -> Any:
        return _checked(value)

    def plain(self) -> dict[str, Any]:
        """Return it as it is written to a file."""
        plain = self.model_dump(mode="json", exclude_defaults=True)
        for key in ("at", "size"):
            if key in plain:
                plain[key] = [_tidy(part) for part in plain[key]]
        return plain


class Workflow(_Model):
    """A workflow: nodes by id, edges at their source, inputs, settings; the canvas is for the eye only."""

    flowforge: int = FORMAT
    id: str = Field(default="workflow", pattern=SLUG_PATTERN)
    name: str = ""
    description: str = ""
    inputs: dict[str, InputField] = Field(default_factory=dict)
    settings: Settings = Settings()
    nodes: dict[NodeId, Node] = Field(default_factory=dict)
    canvas: dict[str, tuple[Place, Place] | Drawn] = Field(
        default_factory=dict,
        description="Where each node stands, by its id; groups and notes by ids that begin with `_`.",
    )

    @field_validator("name", "description")
    @classmethod
    def _is_whole(cls, value: Any) -> Any:
        return _checked(value)

    @property
    def places(self) -> dict[str, tuple[float, float]]:
        """Where nodes stand on the canvas, by id."""
        return {id: one for id, one in self.canvas.items() if not isinstance(one, Drawn)}

    @property
    def drawn(self) -> dict[str, Drawn]:
        """The groups and notes on the canvas, by id."""
        return {id: one for id, one in self.canvas.items() if isinstance(one, Drawn)}

    def edges(self) -> tuple[Edge, ...]:
        """Return every edge, in the order of the document; errors leave by the port `error`."""
        found = []
        for source, node in self.nodes.items():
            for port, targets in node.next.items():
                found += [Edge(source, port, target.node, target.port) for target in targets]
            found += [
                Edge(source, ERROR_PORT, target.node, target.port) for target in node.on_error
            ]
        return tuple(found)

    def with_node(
        self,
        id: str,  # the word of the document
        kind: str,
        *,
        config: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> "Workflow":
        """Return the workflow with one more node, or with this one replaced.

        `fields` are those of `Node` (`next`, `on_error`, `retry`, ...), written as in a file.

        Raises:
            ValueError: `id` is no node id, or a field does not fit.
        """
        id = _NODE_ID.validate_python(id)
        node = Node.model_validate({"kind": kind, "config": dict(config or {}), **fields})
        return self.model_copy(update={"nodes": {**self.nodes, id: node}})

    def plain(self) -> dict[str, Any]:
        """Return the workflow as it is written to a file: plain JSON values in the canonical order."""
        plain = self.model_dump(
            mode="json", by_alias=True, exclude_defaults=True, exclude={"nodes", "canvas"}
        )
        places = {id: [_tidy(x), _tidy(y)] for id, (x, y) in self.places.items()}
        canvas = {**places, **{id: one.plain() for id, one in self.drawn.items()}}
        return {
            "flowforge": self.flowforge,
            "id": self.id,
            **{
                key: plain[key]
                for key in ("name", "description", "inputs", "settings")
                if key in plain
            },
            "nodes": {id: node.plain() for id, node in self.nodes.items()},
            **({"canvas": canvas} if canvas else {}),
        }


def _checked(value: Any) -> Any:
    if has_halves(value):
        msg = "a text in it holds half a character (a lone surrogate)"
        raise ValueError(msg)
    return value


def _parts_of(whole: Any) -> Iterator[Any]:
    """Yield the mappings and lists directly in one; nothing for any other value."""
    if not isinstance(whole, dict | list | tuple):
        return iter(())
    parts = whole.values() if isinstance(whole, dict) else whole
    return (part for part in parts if isinstance(part, dict | list | tuple))


def _tidy(number: float) -> float:
    return int(number) if number == int(number) else round(number, 1)
