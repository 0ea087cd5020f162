"""What others need of a messenger: a short text to a chat. Whoever knows the messenger fills it in."""

from typing import Protocol

from flowforge_lab.errors import NodeError


class SendToChat(Protocol):
    """Sends a text to a chat by a connection; an empty name is that of the only one there is."""

    async def __call__(self, connection: str, chat: str, text: str) -> str:
        """Send the text, and return what it can be found by again.

        Raises:
            NodeError: it was not sent.
            NotFoundError: there is no such connection.
        """


async def no_messenger(connection: str, chat: str, text: str) -> str:
    """Implements `SendToChat` where the lab has no messenger: says so.

    Raises:
        NodeError: always (`notification.no_messenger`).
    """
    del connection, chat, text
    title = "this lab cannot send to chats"
    detail = "there is no connection of the kind 'telegram'"
    raise NodeError(title, type="notification.no_messenger", detail=detail, is_transient=False)
