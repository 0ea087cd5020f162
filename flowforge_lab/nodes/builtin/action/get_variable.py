"""Read a variable that an earlier step, execution or person has set.

If there is none, or its time to live is over, `default` is given; with `required` the step fails
instead.

Best practice: for a value that is only shown or compared, write `vars.<scope>.<name>` in the
expression. This node is for values that are needed as an output, and for defaults.
Troubleshooting: `variable.not_found` means that nobody has set it in this scope, or that its time is over;
`flowforge variables` shows what there is.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import VALUE, AnyValue, Attempt, Effects, Model, NoInputs, node_type
from flowforge_lab.variables import VARIABLE_NAME


class Config(Model):
    """Which variable, and what to give without it."""

    name: str = Field(
        pattern=VARIABLE_NAME,
        description="The variable's name.",
        examples=["last_order"],
    )
    scope: Literal["execution", "workflow", "user", "project"] = Field(
        default="execution", description="Who shares the variable."
    )
    default: AnyValue = Field(default=None, description="The value if there is no such variable.")
    required: bool = Field(
        default=False, description="Whether the step fails if there is no such variable."
    )


class Outputs(Model):
    """What was found."""

    value: Any = Field(description="The variable's value, or the default.")
    found: bool = Field(description="Whether there was such a variable.")


def _effects(config: Mapping[str, Any]) -> Effects:
    return "reads" if config.get("scope", "execution") != "execution" else "none"


@node_type(
    "action.get_variable",
    title="Get variable",
    outputs=Outputs,
    ports=(VALUE,),
    icon="bookmark",
    color="#0891b2",
    effects="reads",
    effects_of=_effects,  # a variable of the execution is part of its journal
    keywords=("read", "recall", "state", "vars"),
)
async def get_variable(config: Config, inputs: NoInputs, attempt: Attempt) -> Outputs:
    """Look the variable up."""
    value = await attempt.variables.find(config.scope, config.name)
    if value is not None:
        return Outputs(value=value, found=True)
    if config.required:
        msg = f"no variable {config.name!r}"
        raise NodeError(
            msg,
            type="variable.not_found",
            detail=f"nothing has set it in the scope {config.scope!r}, or its time is over",
            is_transient=False,
        )
    return Outputs(value=config.default, found=False)
