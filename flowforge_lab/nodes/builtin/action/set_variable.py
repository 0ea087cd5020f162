"""Keep a value beyond this step: for the execution, the workflow, the user or the whole project.

A variable is read with `action.get_variable` or as `vars.<scope>.<name>` in any expression. With
`ttl` it goes away by itself; `null` removes it. Setting the same variable again replaces it, so
another attempt after a crash does no harm.

Troubleshooting: a scope `user` needs an execution that was started by or for a user.
"""

from typing import Any, Literal

from pydantic import Field

from flowforge_lab.nodes import VALUE, AnyValue, Attempt, Model, NoInputs, node_type
from flowforge_lab.values import Duration


class Config(Model):
    """Which variable, and its value."""

    name: str = Field(
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        description="The variable's name: letters, digits and underscores.",
        examples=["last_order"],
    )
    value: AnyValue = Field(
        default=None,
        description="What to keep; texts in it may be templates. `null` removes the variable.",
        examples=["{{ nodes.load.row_count }}"],
    )
    scope: Literal["execution", "workflow", "user", "project"] = Field(
        default="execution", description="Who shares the variable."
    )
    ttl: Duration | None = Field(
        default=None, description="How long it lives; without it until it is changed."
    )


class Outputs(Model):
    """What was kept."""

    name: str = Field(description="The variable's name.")
    scope: str = Field(description="Who shares it.")
    value: Any = Field(description="The value as it was kept.")


@node_type(
    "action.set_variable",
    title="Set variable",
    outputs=Outputs,
    ports=(VALUE,),
    icon="bookmark-plus",
    color="#0891b2",
    effects="writes",
    keywords=("store", "remember", "state", "vars"),
)
async def set_variable(config: Config, inputs: NoInputs, attempt: Attempt) -> Outputs:
    """Store the value."""
    await attempt.variables.set(config.scope, config.name, config.value, ttl=config.ttl)
    return Outputs(name=config.name, scope=config.scope, value=config.value)
