"""Start the workflow by hand: from the editor, the command line, a notebook or Python.

The inputs of the execution leave it by their names, checked against the workflow's `inputs`; so
`nodes.start.city` and `inputs.city` are the same.

Best practice: say in the workflow's `inputs` what a person has to give, with a default where there is
a sensible one; `title` and `description` are shown above the form that asks for it.
Troubleshooting: a workflow with nothing but this trigger never starts by itself, active or not; run it, or
let another workflow call it, which gets the active version.
"""

from pydantic import ConfigDict, Field

from flowforge_lab.nodes import Attempt, Model, node_type


class Config(Model):
    """What the form that asks for the inputs says."""

    title: str = Field(
        default="",
        description="The heading of the form; by default the name of the workflow.",
        examples=["Send a report"],
    )
    description: str = Field(
        default="",
        description="What to know before starting.",
        examples=["Takes about a minute. The report is sent to everybody on the list."],
    )


class Inputs(Model):
    """The inputs of the execution, by name."""

    model_config = ConfigDict(extra="allow")


class Outputs(Model):
    """The inputs of the execution, by name."""

    model_config = ConfigDict(extra="allow")


@node_type(
    "trigger.manual",
    title="Manual start",
    outputs=Outputs,
    takes=(),
    icon="play",
    color="#16a34a",
    keywords=("start", "run", "button", "form", "hand"),
)
async def manual(config: Config, inputs: Inputs, attempt: Attempt) -> Outputs:
    """Hand the inputs on."""
    return Outputs.model_validate(inputs.model_extra or {})
