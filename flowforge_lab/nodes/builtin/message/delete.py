"""Delete messages: those that a node sent, or any by number.

`message` names one: the outputs of the node that sent it (all parts of a long text), its number, or a list
of these, at most 100. A message that is not there any more is no error: `deleted` counts those that were.

Best practice: change a message with `message.edit` where people should see that something was there.
Troubleshooting: a bot deletes what it sent within 48 hours, in private chats also what it got; in groups it
must be an administrator to delete what others wrote.
"""

from collections.abc import Sequence

from pydantic import Field

from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import (
    Attempt,
    ChatFields,
    MessageRef,
    Model,
    NoInputs,
    Ref,
    node_type,
    ref_of,
)

_MOST = 100


class Config(ChatFields):
    """Which messages."""

    message: MessageRef = Field(
        description="The outputs of the node that sent it, its number, or a list of these.",
        examples=["{{ nodes.ask }}"],
    )


class Outputs(Model):
    """What was deleted."""

    deleted: int = Field(description="How many messages were deleted.")


@node_type(
    "message.delete",
    title="Delete message",
    outputs=Outputs,
    icon="trash-2",
    color="#0ea5e9",
    effects="writes",
    keywords=("telegram", "bot", "remove", "clean"),
)
async def delete(config: Config, inputs: NoInputs, attempt: Attempt) -> Outputs:
    """Delete them; what is gone already is left out."""
    is_list = isinstance(config.message, Sequence) and not isinstance(config.message, str)
    named = config.message if is_list else [config.message]
    refs = [ref_of(attempt, message, config) for message in named]
    count = sum(len(ref.message_ids) for ref in refs)
    if count > _MOST:
        title = f"expected at most {_MOST} messages, found {count}"
        raise NodeError(title, type="telegram.bad_request", is_transient=False)
    return Outputs(deleted=sum([await _delete(attempt, ref) for ref in refs]))


async def _delete(attempt: Attempt, ref: Ref) -> int:
    deleted = 0
    for number in ref.message_ids:
        params = {"chat_id": ref.place.chat, "message_id": number}
        try:
            await attempt.clients.telegram.call(ref.place.bot, "deleteMessage", params)
            deleted += 1
        except NodeError as error:
            if "message to delete not found" not in error.title:
                raise
    return deleted
