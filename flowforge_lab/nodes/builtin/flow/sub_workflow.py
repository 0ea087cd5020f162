"""Start another workflow of the lab, and go on with its result.

The other one is an execution of its own, with its own history, linked to this one. While it runs this
execution waits on disk. Ended here, by a cancel or an error, it is cancelled as well; without `wait`
it goes on by itself, and nobody here hears of it again.

The version is the one that was active when this execution started, else the newest at that time.

Best practice: give the other workflow `inputs` with types: what does not fit is told before anything runs.
Troubleshooting: `sub_workflow.failed` carries the error of the other one in `detail`; look closer with
`flowforge show` and its `execution_id`. Another attempt of this node would meet the same execution: put
retries into the other workflow. `sub_workflow.too_deep` means a workflow that calls itself without end.
"""

import re
from typing import Annotated, Any

from pydantic import Field

from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import (
    VERBATIM,
    AnyValue,
    Attempt,
    Emit,
    Ending,
    Model,
    NoInputs,
    Park,
    Port,
    node_type,
)

FAILED = "sub_workflow.failed"
_LEVELS = re.compile(r"^(?:'[^']*' failed: )+")
_BETWEEN = re.compile(r"^(execution \S+)(?:; (?:execution [^;\s]+|\.\.\.))+; (?=execution )")
_ENDS = "execution:"


class Config(Model):
    """Which workflow, with which inputs."""

    workflow: Annotated[str, VERBATIM] = Field(
        pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$",
        description="The id of the workflow; written out, so that it can be checked before anything runs.",
        examples=["send_report"],
    )
    inputs: dict[str, AnyValue] = Field(
        default_factory=dict,
        description="Its inputs, by name.",
        examples=[{"month": "{{ inputs.month }}"}],
    )
    wait: Annotated[bool, VERBATIM] = Field(
        default=True, description="Whether to wait for its end, and to end it with this execution."
    )
    max_depth: Annotated[int, VERBATIM] = Field(
        default=16, ge=1, le=100, description="How deep workflows may call one another."
    )


class Outputs(Model):
    """What became of it."""

    execution_id: str = Field(description="The id of its execution.")
    status: str = Field(description="How it ended; `started` where nobody waits for it.")
    result: Any = Field(default=None, description="Its result.")


@node_type(
    "flow.sub_workflow",
    title="Sub-workflow",
    outputs=Outputs,
    ports=(Port("out", "Done", "value"),),
    icon="workflow",
    color="#ca8a04",
    effects="writes",
    calls="workflow",
    keywords=("call", "subflow", "child", "execute", "reuse", "module"),
)
async def sub_workflow(config: Config, inputs: NoInputs, attempt: Attempt) -> Emit | Park:
    """Start it, park until it ends, and give its result."""
    answer = attempt.resumed
    if answer is None or not answer.key.startswith(_ENDS):
        child = await attempt.call(
            config.workflow,
            config.inputs,
            is_awaited=config.wait,
            max_depth=config.max_depth,
        )
        if config.wait:
            return Park(keys=(_ENDS + child,))
        return Emit(Outputs(execution_id=child, status="started"))
    child = answer.key.removeprefix(_ENDS)
    ending = await attempt.ending_of(child)
    if ending.status != "succeeded":
        raise _failed(config.workflow, child, ending)
    return Emit(Outputs(execution_id=child, status=ending.status, result=ending.result))


def _failed(workflow: str, child: str, ending: Ending) -> NodeError:
    """Return the error of a step whose workflow failed; through several levels the first cause is told."""
    error = ending.error or {}
    title = f"{workflow!r} was cancelled"
    if ending.status == "failed":
        cause = error.get("title", "it says no more")
        cause = _LEVELS.sub("", cause) if error.get("type") == FAILED else cause
        title = f"{workflow!r} failed: {cause}"
    facts = [f"execution {child}"]
    if error and error["type"] != FAILED:
        facts.append(f"{error['type']} at {error['node']}" if error["node"] else error["type"])
    if error.get("detail"):
        facts.append(error["detail"])
    return NodeError(
        title,
        type=FAILED,
        status=error.get("status"),
        detail=_BETWEEN.sub(r"\1; ...; ", "; ".join(facts), count=1),
        is_transient=False,
    )
