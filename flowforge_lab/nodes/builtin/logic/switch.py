"""Go one of many ways: by what a value equals, or by the first condition that holds.

Each case has a port with its name; what fits no case leaves on `default`. The first case that fits
wins. Values are compared with their type: the number `1` is neither the text `1` nor `true`.

Best practice: give `default` a way to go, even if only to `flow.end`.
Troubleshooting: all conditions are evaluated before one is chosen, so each must be able to be
evaluated.
"""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from flowforge_lab.nodes import (
    AnyValue,
    Attempt,
    Emit,
    Expression,
    Model,
    NoInputs,
    Port,
    node_type,
)


class Case(Model):
    """One way to go."""

    name: str = Field(
        pattern=r"^[a-z][a-z0-9_]*$",
        description="The name of the case and of its port.",
        examples=["gold"],
    )
    equals: AnyValue = Field(
        default=None, description="In the mode `value`: what the value must equal."
    )
    when: Expression = Field(
        default=None,
        description="In the mode `condition`: an expression that must hold.",
        examples=["nodes.user.points > 1000"],
    )


class Config(Model):
    """How to choose."""

    mode: Literal["value", "condition"] = Field(
        default="value", description="Compare one value, or try a condition for each case."
    )
    value: Expression = Field(
        default=None,
        description="In the mode `value`: what to compare.",
        examples=["nodes.user.level"],
    )
    cases: list[Case] = Field(
        min_length=1, description="The ways, tried from the first to the last."
    )

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [case.name for case in self.cases]
        twice = {name for name in names if names.count(name) > 1}
        taken = twice | {"default", "error"}.intersection(names)
        if taken:
            told = ", ".join(map(repr, sorted(taken)))
            msg = f"each case needs a name of its own, and not 'default' or 'error'; found {told}"
            raise ValueError(msg)
        return self


class Outputs(Model):
    """Which way was chosen."""

    case: str = Field(description="The name of the case, or `default`.")
    value: Any = Field(default=None, description="The value that was compared.")


def _ports(config: Mapping[str, Any]) -> tuple[Port, ...]:
    cases = config.get("cases")
    found = cases if isinstance(cases, list | tuple) else ()
    names = [case.get("name") for case in found if isinstance(case, Mapping)]
    ways = dict.fromkeys(name for name in names if isinstance(name, str) and name)
    return (*(Port(name, name) for name in ways if name != "default"), Port("default", "Default"))


@node_type(
    "logic.switch",
    title="Switch",
    outputs=Outputs,
    ports=_ports,
    icon="split",
    color="#7c3aed",
    keywords=("case", "route", "branch", "choose"),
)
async def switch(config: Config, inputs: NoInputs, attempt: Attempt) -> Emit:
    """Emit on the port of the first case that fits."""
    fits = _equal if config.mode == "value" else _holds
    chosen = next((case.name for case in config.cases if fits(case, config.value)), "default")
    return Emit(Outputs(case=chosen, value=config.value), chosen)


def _equal(case: Case, value: Any) -> bool:
    if isinstance(value, bool) or isinstance(case.equals, bool):
        return value is case.equals
    return bool(case.equals == value)


def _holds(case: Case, value: Any) -> bool:
    return bool(case.when)
