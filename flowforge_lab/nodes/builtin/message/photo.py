"""Send a photo to a chat: a file of the workflow or of a step, an address, or one that Telegram has.

The text is the caption: plain, HTML or MarkdownV2, as in `message.text`. What is over 1,024 characters
follows as text. Telegram makes it smaller; send a `message.document` to keep it as it is.

Best practice: keep `file_id` of the outputs and send the same file again by it: nothing is uploaded twice.
Troubleshooting: `telegram.too_large` means more than 10 megabytes; `file.outside` a path that is not in the
workflow's folder.
"""

from flowforge_lab.nodes import Attempt, FileFields, NoInputs, Sent, node_type, send_file


class Config(FileFields):
    """Which photo, what is said with it, and where."""


@node_type(
    "message.photo",
    title="Send photo",
    outputs=Sent,
    icon="image",
    color="#0ea5e9",
    effects="writes",
    is_idempotent=False,
    keywords=("telegram", "bot", "picture", "image", "plot", "png"),
)
async def photo(config: Config, inputs: NoInputs, attempt: Attempt) -> Sent:
    """Send it, and tell where it is."""
    return await send_file(attempt, config, kind="photo")
