"""Go one way if a condition holds, and another way if not.

The condition is an expression, such as `nodes.delays.mean > 10`. The value that came in goes on unseen;
name any earlier output where you need it.

Best practice: compare explicitly, as in `len(nodes.load.rows) > 0`; for more than two ways take
`logic.switch`.
Troubleshooting: `expression` shows the place that cannot be evaluated. Texts such as "false" and "0" count as
true: turn them into values first.
"""

from pydantic import Field

from flowforge_lab.nodes import Attempt, Emit, Expression, Model, NoInputs, Port, node_type


class Config(Model):
    """What to ask."""

    condition: Expression = Field(
        description="An expression; any value Python counts as true goes to `true`.",
        examples=["nodes.load.row_count > 0"],
    )


class Outputs(Model):
    """What the answer was."""

    result: bool = Field(description="Whether the condition held.")


@node_type(
    "logic.condition",
    title="Condition",
    outputs=Outputs,
    ports=(Port("true", "True", "value"), Port("false", "False", "value")),
    icon="git-fork",
    color="#7c3aed",
    keywords=("if", "branch", "decide"),
)
async def condition(config: Config, inputs: NoInputs, attempt: Attempt) -> Emit:
    """Emit on the port that the condition chose."""
    holds = bool(config.condition)
    return Emit(Outputs(result=holds), "true" if holds else "false")
