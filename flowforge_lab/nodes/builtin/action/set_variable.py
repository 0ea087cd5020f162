"""Keep a value beyond this step: for the execution, the workflow, the user or the whole project.

A variable is read with `action.get_variable` or as `vars.<scope>.<name>` in any expression. With
`ttl` it goes away by itself; `null` removes it. `increment` adds a number in one go and `swap` replaces
the value only where it is still the expected one, whoever else does the same at that time.

Another attempt after an error or a crash does no harm: setting replaces, and what this visit added or
swapped already is not done again. For the scopes beyond the execution that holds for one hour: an
execution that lies longer between the change and the note that it was made may make it twice.

Best practice: count with `increment`, never with `vars.x + 1`, which loses counts when two run at once.
Troubleshooting: a scope `user` needs an execution that was started by or for a user.
"""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import VALUE, AnyValue, Attempt, Effects, Model, NoInputs, node_type
from flowforge_lab.values import Duration
from flowforge_lab.variables import VARIABLE_NAME


class Config(Model):
    """Which variable, and its value."""

    name: str = Field(
        pattern=VARIABLE_NAME,
        description="The variable's name: letters, digits and underscores.",
        examples=["last_order"],
    )
    value: AnyValue = Field(
        default=None,
        description="What to keep; texts in it may be templates. `null` removes the variable."
        " For `increment` the number to add, 1 if absent.",
        examples=["{{ nodes.load.row_count }}"],
    )
    operation: Literal["set", "increment", "swap"] = Field(
        default="set",
        description="Replace the value, add to it in one go, or replace it only where it is `expected`.",
    )
    expected: AnyValue = Field(
        default=None,
        description="For `swap`: the value that must be there; `null` where there must be none.",
    )
    scope: Literal["execution", "workflow", "user", "project"] = Field(
        default="execution", description="Who shares the variable."
    )
    ttl: Duration | None = Field(
        default=None,
        description="How long it lives; without it until it is changed. `increment` keeps the time of a"
        " variable that is there.",
    )

    @model_validator(mode="after")
    def _expects_only_to_swap(self) -> Self:
        if "expected" in self.model_fields_set and self.operation != "swap":
            msg = "'expected' is for the operation 'swap'"
            raise ValueError(msg)
        return self


class Outputs(Model):
    """What was kept."""

    name: str = Field(description="The variable's name.")
    scope: str = Field(description="Who shares it.")
    value: Any = Field(description="The value that is there now.")
    changed: bool = Field(
        default=True, description="False where a swap found another value than the expected one."
    )


def _effects(config: Mapping[str, Any]) -> Effects:
    return "writes" if config.get("scope", "execution") != "execution" else "none"


@node_type(
    "action.set_variable",
    title="Set variable",
    outputs=Outputs,
    ports=(VALUE,),
    icon="bookmark-plus",
    color="#0891b2",
    effects="writes",
    effects_of=_effects,  # a variable of the execution is part of its journal
    keywords=("store", "remember", "state", "vars", "count", "increment", "swap"),
)
async def set_variable(config: Config, inputs: NoInputs, attempt: Attempt) -> Outputs:
    """Store the value, add to it, or swap it."""
    changed, value = True, config.value
    if config.operation == "increment":
        value = await _increment(config, attempt)
    elif config.operation == "swap":
        changed = await attempt.variables.swap(
            config.scope, config.name, value, expected=config.expected, ttl=config.ttl
        )
        if not changed:
            value = await attempt.variables.find(config.scope, config.name)
    else:
        await attempt.variables.set(config.scope, config.name, value, ttl=config.ttl)
    return Outputs(name=config.name, scope=config.scope, value=value, changed=changed)


async def _increment(config: Config, attempt: Attempt) -> Any:
    by = 1 if config.value is None else config.value
    try:
        return await attempt.variables.increment(config.scope, config.name, by, ttl=config.ttl)
    except ValueError as error:
        msg = f"{config.name!r} cannot be added to"
        raise NodeError(
            msg, type="variable.no_number", detail=str(error), is_transient=False
        ) from error
