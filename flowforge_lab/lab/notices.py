"""Whom the lab tells when an execution fails."""

from flowforge_lab.clients import Clients
from flowforge_lab.clock import Clock
from flowforge_lab.services import Notices, Recipients, SentNotices
from flowforge_lab.settings import Settings
from flowforge_lab.store import Store


def notices_of(settings: Settings, clients: Clients, store: Store, *, clock: Clock) -> Notices:
    """Return what sends the notices of failures to the recipients in the settings."""
    return SentNotices(
        Recipients(settings.error_email, settings.error_telegram_chat),
        clients,
        store.variables,
        clock=clock,
        mail=settings.error_connection,
    )
