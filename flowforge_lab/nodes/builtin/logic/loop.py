"""Run a part of the workflow again and again: for each item, over a range, or while a condition holds.

What hangs on `body` is run in every turn; lead its end back to the loop. The value that comes back is
the result of the turn, or, where nothing comes back, the outputs of the last node that ran in it. After
the last turn the loop leaves by `done` with all results in the order of the items.

Inside the body `item` and `index` (from 0) name the turn's own; of an outer loop they are
`nodes.<loop>.item` and `nodes.<loop>.index`. An edge to `continue` ends a turn early, one to `break` the
whole loop; the value on it is the turn's result. Nodes behind the loop see the results, not the body.

Best practice: keep bodies short, and set `parallel` where the work waits for somebody else.
Troubleshooting: `loop.too_long` means more turns than `max_turns`: raise it if that is meant.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import (
    Attempt,
    Emit,
    Expression,
    Iterate,
    Model,
    NoInputs,
    OnItemError,
    Port,
    node_type,
)
from flowforge_lab.values import Frame


class Range(Model):
    """Whole numbers from `start` up to, and without, `stop`."""

    start: int = Field(default=0, description="The first number.")
    stop: int = Field(description="Where to stop; this number is not reached.")
    step: int = Field(
        default=1, description="From one number to the next; may be negative, but not 0."
    )

    @field_validator("step")
    @classmethod
    def _goes_on(cls, step: int) -> int:
        if not step:
            msg = "must not be 0: it would never reach 'stop'"
            raise ValueError(msg)
        return step


class Config(Model):
    """What to go over, and how: one of `items`, `range` and `condition`."""

    items: Expression = Field(
        default=None,
        description="The list or data frame to go over.",
        examples=["nodes.load.rows"],
    )
    range: Range | None = Field(default=None, description="Numbers to go over.")
    condition: Expression = Field(
        default=None,
        description="Asked before each turn; `result` is what the last turn gave.",
        examples=["index < 10 and default(result.has_more, True)"],
    )
    parallel: int = Field(
        default=1,
        ge=1,
        le=1000,
        description="How many turns may run at once; results stay in order.",
    )
    max_turns: int = Field(
        default=10_000, ge=1, le=1_000_000, description="More turns than this are an error."
    )
    on_item_error: OnItemError = Field(
        default="fail",
        description="What an error in a turn does: fail the loop, skip the item, or leave a null for it.",
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = sorted({"items", "range", "condition"} & self.model_fields_set)
        if len(given) != 1:
            found = " and ".join(map(repr, given)) or "none"
            msg = f"give one of 'items', 'range' and 'condition'; found {found}"
            raise ValueError(msg)
        if "condition" in given and self.parallel > 1:
            msg = "'parallel' does not go with 'condition': each turn decides about the next"
            raise ValueError(msg)
        return self


class Failure(Model):
    """A turn that failed."""

    index: int = Field(description="Which turn.")
    error: dict[str, Any] = Field(description="The error, as an error port carries it.")


class Outputs(Model):
    """What the turns came to."""

    results: list[Any] = Field(description="The result of each turn, in the order of the items.")
    count: int = Field(description="How many turns there were.")
    errors: list[Failure] = Field(description="The turns that failed and were passed over.")
    is_broken: bool = Field(description="Whether `break` ended the loop early.")


@node_type(
    "logic.loop",
    title="Loop",
    outputs=Outputs,
    ports=(Port("body", "Body", "value"), Port("done", "Done", "value")),
    takes=(Port("in", "In"), Port("continue", "Continue"), Port("break", "Break")),
    icon="repeat",
    color="#7c3aed",
    loops=True,
    each_turn=("condition",),
    keywords=("for", "each", "while", "repeat", "iterate", "batch", "map"),
)
async def loop(config: Config, inputs: NoInputs, attempt: Attempt) -> Emit | Iterate:
    """Ask for the turns, then give what they came to."""
    if attempt.resumed is not None and attempt.resumed.reason == "turns":
        turns: Mapping[str, Any] = attempt.resumed.payload
        return Emit(Outputs(**turns), "done")
    return Iterate(
        _items(config),
        max_turns=config.max_turns,
        parallel=config.parallel,
        on_item_error=config.on_item_error,
    )


def _items(config: Config) -> Sequence[Any] | None:
    if "condition" in config.model_fields_set:
        return None
    numbers = config.range
    items = range(numbers.start, numbers.stop, numbers.step) if numbers else config.items
    if isinstance(items, Frame):
        items = items.to_pandas().astype(object).to_dict("records")
    if not isinstance(items, list | tuple | range):
        msg = f"'items' must be a list or a data frame, found {type(items).__name__}"
        raise NodeError(msg, type="loop.items", is_transient=False)
    if len(items) > config.max_turns:
        msg = f"{len(items):,} items, and max_turns is {config.max_turns:,}"
        raise NodeError(msg, type="loop.too_long", is_transient=False)
    return items
