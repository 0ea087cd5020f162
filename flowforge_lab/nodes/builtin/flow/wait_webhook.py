"""Wait until somebody, or another program, answers at an address that only they were told.

The address is known before the wait: `waits.<this node>.url`, or `.token`, in the expression of a node that
sends it, such as a message or an HTTP request, before this one or beside it. What is posted there is the
answer; it leaves by `received`. An answer that is not what the wait `expects` is refused with all that is
wrong with it, and the wait goes on. Only the first good answer counts.

Best practice: give a `timeout`, and lead its port somewhere. Say what you need with `expects`.
Troubleshooting: `flowforge waits` lists what is waited for, `flowforge answer` answers by hand. Whoever
knows the address may answer: tell it to nobody else. In a loop each turn has an address of its own: the
expression that names it belongs into the same turn.
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field, WithJsonSchema

from flowforge_lab.nodes import (
    ADDRESSED,
    VERBATIM,
    Attempt,
    Emit,
    Model,
    NoInputs,
    Park,
    Port,
    Question,
    Text,
    check_schema,
    node_type,
    wait_for,
)
from flowforge_lab.values import Duration


def _checked(schema: dict[str, Any] | None) -> dict[str, Any] | None:
    if schema is not None:
        check_schema(schema)
    return schema


Schema = Annotated[
    dict[str, Any] | None,
    VERBATIM,
    AfterValidator(_checked),
    WithJsonSchema({"type": "object", "title": "JSON Schema"}),
]


class Config(Model):
    """What counts as an answer, and how long to wait for it."""

    expects: Schema = Field(
        default=None,
        description="The JSON Schema that an answer must keep to; any JSON where there is none.",
        examples=[{"type": "object", "required": ["approved"]}],
    )
    timeout: Duration | None = Field(
        default=None, description="How long to wait; without it, until the execution ends."
    )
    response: Text = Field(default="", description="What whoever answers is told, in a sentence.")


class Outputs(Model):
    """The answer, if one came."""

    answer: Any = Field(default=None, description="What was answered.")
    is_timed_out: bool = Field(default=False, description="Whether nobody answered in time.")
    waited_from: datetime = Field(description="When the wait began.")


@node_type(
    "flow.wait_webhook",
    title="Wait for a call",
    outputs=Outputs,
    ports=(Port("received", "Received", "value"), Port("timeout", "Timeout", "value")),
    icon="webhook",
    color="#ca8a04",
    answers=True,
    keywords=("resume", "callback", "approval", "http", "human", "answer", "form"),
)
async def wait_webhook(config: Config, inputs: NoInputs, attempt: Attempt) -> Emit | Park:
    """Park under the token of its address until an answer or the time comes."""
    question = Question(
        keys=(ADDRESSED + attempt.address.token,),
        schema=config.expects,
        refuses=True,
        timeout=config.timeout,
        response=config.response,
    )
    reply = await wait_for(attempt, question)
    if isinstance(reply, Park):
        return reply
    outputs = Outputs(
        answer=reply.value, is_timed_out=reply.port == "timeout", waited_from=attempt.now
    )
    return Emit(outputs, reply.port)
