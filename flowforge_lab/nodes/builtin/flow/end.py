"""End the execution here, with a status and a result; whatever else still runs is cancelled.

Without `result` the value that came along the edge is the result. A workflow without this node
ends by itself when nothing is left to do, with the outputs of its last nodes as the result.

Best practice: one at each end that means something of its own, with a result that whoever started the
workflow can use. Say `failed` where a person shall look at it; then workflows for errors run too.
Troubleshooting: what runs beside it is cancelled; put a `logic.join` before it if all of it shall come to its
end. A caller sees `flow.end` where it ended as failed.
"""

from typing import Any, Literal

from pydantic import Field

from flowforge_lab.nodes import Attempt, Expression, Model, NoInputs, Text, node_type


class Config(Model):
    """How the execution ends."""

    status: Literal["succeeded", "failed"] = Field(
        default="succeeded", description="How the execution counts in the history."
    )
    result: Expression = Field(
        default=None,
        description="The result of the execution; by default what came in.",
        examples=["nodes.summary.value"],
    )
    message: Text = Field(
        default="", description="A sentence for the history; with `failed` it is the error."
    )


class Outputs(Model):
    """What the execution ends with."""

    status: str = Field(description="`succeeded` or `failed`.")
    result: Any = Field(description="The result of the execution.")
    message: str = Field(description="The sentence for the history.")


@node_type(
    "flow.end",
    title="End",
    outputs=Outputs,
    ports=(),
    icon="flag",
    color="#dc2626",
    ends=True,
    keywords=("stop", "finish", "result", "return", "fail"),
)
async def end(config: Config, inputs: NoInputs, attempt: Attempt) -> Outputs:
    """Give status and result; the engine ends the execution with them."""
    result = config.result if "result" in config.model_fields_set else attempt.input
    return Outputs(status=config.status, result=result, message=config.message)
