"""Send a video to a chat: a file of the workflow or of a step, an address, or one that Telegram has.

The text is the caption: plain, HTML or MarkdownV2, as in `message.text`. What is over 1,024 characters
follows as text. MP4 is what Telegram plays everywhere.

Best practice: keep `file_id` of the outputs and send the same file again by it: nothing is uploaded twice.
Troubleshooting: `telegram.too_large` means more than 50 megabytes; `file.outside` a path that is not in the
workflow's folder.
"""

from flowforge_lab.nodes import Attempt, FileFields, NoInputs, Sent, node_type, send_file


class Config(FileFields):
    """Which video, what is said with it, and where."""


@node_type(
    "message.video",
    title="Send video",
    outputs=Sent,
    icon="video",
    color="#0ea5e9",
    effects="writes",
    is_idempotent=False,
    keywords=("telegram", "bot", "film", "mp4"),
)
async def video(config: Config, inputs: NoInputs, attempt: Attempt) -> Sent:
    """Send it, and tell where it is."""
    return await send_file(attempt, config, kind="video")
