"""What the settings say of QStash: whether it carries schedules, and with which keys it signs."""

import importlib.util

from flowforge_lab.clients import QstashReceiver, QstashSchedules
from flowforge_lab.clock import Clock
from flowforge_lab.errors import SettingsError
from flowforge_lab.services import RemoteSchedules, is_public
from flowforge_lab.settings import Settings
from flowforge_lab.store import Store


def remote_schedules(settings: Settings, store: Store, clock: Clock) -> RemoteSchedules | None:
    """Return the schedules at QStash; `None` without its token or a public address, and for a copy.

    Raises:
        SettingsError: a token is set without a signing key, or the library is not installed.
    """
    token = settings.qstash_token.get_secret_value()
    if not token or not is_public(settings.public_url) or store.is_copy or store.is_read_only:
        return None
    if not settings.qstash_current_signing_key.get_secret_value():
        msg = "qstash_token is set: expected qstash_current_signing_key as well, or calls cannot be trusted"
        raise SettingsError(msg)
    if importlib.util.find_spec("qstash") is None:
        msg = (
            "qstash_token is set, and qstash is not installed: pip install 'flowforge-lab[qstash]'"
        )
        raise SettingsError(msg)
    remote = QstashSchedules(token, url=settings.qstash_url, clock=clock)
    return RemoteSchedules(remote, public_url=settings.public_url, lab_id=store.lab_id)


def receiver_of(settings: Settings) -> QstashReceiver:
    """Return what verifies calls with the keys of the settings."""
    return QstashReceiver(
        settings.qstash_current_signing_key.get_secret_value(),
        settings.qstash_next_signing_key.get_secret_value(),
    )


def secrets_of(settings: Settings) -> frozenset[str]:
    """Return what of the settings must be seen nowhere."""
    kept = (
        settings.qstash_token,
        settings.qstash_current_signing_key,
        settings.qstash_next_signing_key,
    )
    return frozenset(text for one in kept if (text := one.get_secret_value()))
