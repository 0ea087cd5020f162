"""The webhooks of a lab, as a notebook or a script sees them."""

from collections.abc import Sequence

from flowforge_lab.services import Webhooks, WebhookView

from .loop import LoopThread


class LabWebhooks:
    """`lab.webhooks`: what active workflows serve, and requests that were kept, once more."""

    def __init__(self, loop: LoopThread, webhooks: Webhooks) -> None:
        self._loop = loop
        self._webhooks = webhooks

    def all(self) -> Sequence[WebhookView]:
        """Return the webhooks of active workflows; `flowforge serve` answers at their paths."""
        return self._loop.run_sync(self._webhooks.all())

    def replay(self, execution_id: str, *, is_newest: bool = False) -> str:
        """Start once more what a kept request had started, and return the id of the new execution.

        Raises:
            NotFoundError: there is no such execution, or no request had started it.
        """
        return self._loop.run_sync(self._webhooks.replay(execution_id, is_newest=is_newest))
