"""Wait for branches to meet: all of them, the first, or a number of them.

The node runs once, when enough of the edges into it have arrived, or can no longer be reached.
What the branches brought stands in `branches` by the id of the node at the other end of the edge.
In a loop it meets in every turn for itself.

With `timeout` it waits that long from the first arrival on, then goes on with what has come: by the port
`timeout` where that leads somewhere, else by `out`. `missing` says how many arrivals it still waited for,
also where in the mode `n` fewer than `count` could come, as the other branches were not taken.

A branch that arrives after the join has run, in time or not, is dropped: the history shows it, and nothing
runs again for it. With `cancel_rest` such branches are stopped. Only where a jump leads back through the
join does it wait afresh.

Best practice: two edges into any other node run that node once for each arrival; use a join only
where the branches must meet. With `any`, `cancel_rest` stops work that nobody needs any more.
Troubleshooting: a branch that was not taken is missing from `branches`: ask with `default()`.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, JsonValue, model_validator

from flowforge_lab.nodes import LITERAL, OUT, Attempt, Emit, Model, Port, Switch, node_type
from flowforge_lab.values import Duration

_NO_EXPRESSION: dict[str, JsonValue] = {"x-literal": True}


class Config(Model):
    """How many branches to wait for."""

    mode: Annotated[Literal["all", "any", "n"], LITERAL] = Field(
        default="all",
        description="Wait for every branch, for the first, or for `count` of them.",
        json_schema_extra=_NO_EXPRESSION,
    )
    count: Annotated[int | None, LITERAL] = Field(
        default=None,
        ge=1,
        description="In the mode `n`: how many branches must arrive.",
        json_schema_extra=_NO_EXPRESSION,
    )
    timeout: Annotated[Duration | None, LITERAL] = Field(
        default=None,
        description="How long to wait after the first arrival; without it, for as long as more may come.",
        json_schema_extra=_NO_EXPRESSION,
    )
    cancel_rest: Switch = Field(
        default=False, description="Whether the branches that are not waited for are cancelled."
    )

    @model_validator(mode="after")
    def _count_fits(self) -> Self:
        if (self.mode == "n") != (self.count is not None):
            msg = "'count' belongs to the mode 'n' and only to it"
            raise ValueError(msg)
        return self


class Inputs(Model):
    """What arrived: the outputs of each branch under the id of the node it came from."""

    model_config = ConfigDict(frozen=True, extra="allow", arbitrary_types_allowed=True)


class Outputs(Model):
    """What the branches brought."""

    branches: dict[str, Any] = Field(description="The outputs of each branch, by node id.")
    arrived: list[str] = Field(description="The ids of the nodes that brought something.")
    is_timed_out: bool = Field(
        default=False, description="Whether it went on because its time was over."
    )
    missing: int = Field(
        default=0,
        description="How many more arrivals it waited for when it went on, as its time was over or, in the"
        " mode `n`, no more could come; the log says how many came of how many.",
    )


@node_type(
    "logic.join",
    title="Join",
    outputs=Outputs,
    ports=(OUT, Port("timeout", "Timeout")),
    icon="merge",
    color="#7c3aed",
    joins=True,
    keywords=("merge", "wait", "all", "any", "gather", "several", "branches"),
)
async def join(config: Config, inputs: Inputs, attempt: Attempt) -> Emit:
    """Put the branches side by side."""
    branches = dict(inputs.model_extra or {})
    short = attempt.resumed
    is_late = short is not None and short.reason == "timeout"
    if short is not None:
        why = "its time is over" if is_late else "no more can come"
        attempt.log(f"{short.number} of {short.payload} arrived, and {why}", level="warning")
    outputs = Outputs(
        branches=branches,
        arrived=list(branches),
        is_timed_out=is_late,
        missing=short.payload - short.number if short else 0,
    )
    return Emit(outputs, "timeout", or_else="out") if is_late else Emit(outputs)
