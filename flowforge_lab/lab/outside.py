"""What a lab lets others do who reach its server: webhooks and tokens."""

from flowforge_lab.services import Tokens

from .loop import LoopThread
from .parts import Parts
from .webhooks import LabWebhooks


class Outside:
    """The part of a lab that looks after those who call it from outside."""

    parts: Parts
    _loop: LoopThread

    @property
    def tokens(self) -> Tokens:
        """The tokens with which others may ask the lab's server: made, listed, revoked."""
        return self.parts.tokens

    @property
    def webhooks(self) -> LabWebhooks:
        """What active workflows serve to callers, and the requests that were kept."""
        return LabWebhooks(self._loop, self.parts.webhooks)
