"""Go on at another node, also at an earlier one, a limited number of times.

Lead `out` to the node to go to. A jump out of the body of a loop ends that loop without a result: one to a
node that other ways lead to as well, or from which no way leads back to the loop. No jump leads into
the body of a loop from outside. What a join behind a jump back waits for comes afresh. The value that came
in goes on unseen.

Best practice: for a known list of things use `logic.loop`; jump for "ask again" and "try from there".
Troubleshooting: after `max_jumps` jumps in one execution (inside a loop: in one turn) the way out is
`exhausted`; where that leads nowhere, the node fails with `jump.exhausted`.
"""

from typing import Any

from pydantic import Field

from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import Attempt, Emit, Model, NoInputs, Port, node_type


class Config(Model):
    """How often to jump."""

    max_jumps: int = Field(default=100, ge=1, le=100_000, description="How often at most.")


class Outputs(Model):
    """Which jump it was, and what came in."""

    jump: int = Field(description="Which jump of this node it is, from 1.")
    value: Any = Field(default=None, description="The value that came in.")


@node_type(
    "logic.jump",
    title="Jump",
    outputs=Outputs,
    ports=(Port("out", "Out", "value"), Port("exhausted", "Exhausted", "value")),
    icon="corner-up-left",
    color="#7c3aed",
    jumps=True,
    keywords=("goto", "back", "again", "retry", "repeat"),
)
async def jump(config: Config, inputs: NoInputs, attempt: Attempt) -> Emit:
    """Emit on `out` until the cap, then on `exhausted`."""
    outputs = Outputs(jump=attempt.number_in_turn, value=attempt.input)
    if attempt.number_in_turn <= config.max_jumps:
        return Emit(outputs)
    title = f"jumped {config.max_jumps:,} times, which is max_jumps"
    error = NodeError(title, type="jump.exhausted", is_transient=False)
    return Emit(outputs, "exhausted", or_error=error)
