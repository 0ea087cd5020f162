"""Wait for branches to meet: all of them, the first, or a number of them.

The node runs once, when enough of the edges into it have arrived, or can no longer be reached.
What the branches brought stands in `branches` by the id of the node at the other end of the edge.

Best practice: two edges into any other node run that node once for each arrival; use a join only
where the branches must meet. With `any`, `cancel_rest` stops work that nobody needs any more.
Troubleshooting: a branch that was not taken is missing from `branches`: ask with `default()`.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, JsonValue, model_validator

from flowforge_lab.nodes import LITERAL, Attempt, Model, Switch, node_type

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


@node_type(
    "logic.join",
    title="Join",
    outputs=Outputs,
    icon="merge",
    color="#7c3aed",
    joins=True,
    keywords=("merge", "wait", "all", "any", "gather"),
)
async def join(config: Config, inputs: Inputs, attempt: Attempt) -> Outputs:
    """Put the branches side by side."""
    branches = dict(inputs.model_extra or {})
    return Outputs(branches=branches, arrived=list(branches))
