"""Send a text to a chat: plain, as HTML, or as MarkdownV2.

Values put into `html` and `markdown` are text: `<`, `&`, `_` and `*` in them are shown and make no markup.
A text of more than 4,096 characters is sent in several messages, cut at the ends of lines or words.

Sends wait for their turn: 30 a second for a bot, one a second for a chat, 20 a minute for a group. A message
is never sent again by itself: after an error nobody knows whether it arrived. With `retry` on the node it is.

Best practice: leave `chat` empty to answer whoever started the workflow.
Troubleshooting: `telegram.forbidden` means that the person has blocked the bot or never wrote to it,
`telegram.markup` that the markup is not well formed.
"""

from flowforge_lab.nodes import Attempt, NoInputs, Sent, TextFields, node_type, send_text


class Config(TextFields):
    """What to say, and where."""


@node_type(
    "message.text",
    title="Send text",
    outputs=Sent,
    icon="message-circle",
    color="#0ea5e9",
    effects="writes",
    is_idempotent=False,
    keywords=("telegram", "bot", "message", "say", "html", "markdown"),
)
async def text(config: Config, inputs: NoInputs, attempt: Attempt) -> Sent:
    """Send it, and tell where it is."""
    return await send_text(attempt, config)
