"""Start the workflow when somebody sends a bot a command, such as `/balance`.

`/balance@shop_bot` in a group counts for that bot only. What stands behind the command is `arguments`; the
text of a link `t.me/shop_bot?start=abc` comes as `arguments` of the command `start`.

An update starts one workflow: the one with the highest `priority`; of those with the same a command wins over
a pattern, and a pattern over a workflow that takes any text. Somebody who is asked a question can still
send a command: it starts its workflow, and the question stays.

Best practice: one command a workflow; a `description` tells people what it does.
Troubleshooting: `flowforge telegram routes --try "/balance"` tells which workflow gets it and why.
Commands come only while a host is up (`flowforge serve`) and the workflow is active.
"""

from typing import Annotated

from pydantic import AfterValidator, Field

from flowforge_lab.nodes import (
    VERBATIM,
    Attempt,
    RouteFields,
    UpdateInputs,
    UpdateOutputs,
    node_type,
)

_MAX_CHARS = 32


def _command(text: str) -> str:
    name = text.removeprefix("/")
    is_name = name.isascii() and name.replace("_", "a").isalnum() and name == name.lower()
    if not is_name or len(name) > _MAX_CHARS:
        msg = f"expected up to 32 small letters, digits and underscores, found {text!r:.60}"
        raise ValueError(msg)
    return name


class Config(RouteFields):
    """Which command of which bot."""

    command: Annotated[str, VERBATIM, AfterValidator(_command)] = Field(
        description="The command, with or without `/`.", examples=["balance"]
    )
    description: Annotated[str, VERBATIM] = Field(
        default="",
        max_length=256,
        description="What the menu of the bot says of it; without one it is not shown there.",
        examples=["Tells your balance"],
    )


@node_type(
    "trigger.command",
    title="Bot command",
    outputs=UpdateOutputs,
    takes=(),
    icon="command",
    color="#16a34a",
    keywords=("telegram", "bot", "slash", "start", "menu"),
)
async def command(config: Config, inputs: UpdateInputs, attempt: Attempt) -> UpdateOutputs:
    """Tell what came; started by hand, an empty command."""
    return UpdateOutputs.model_validate(inputs.model_dump() | {"command": config.command})
