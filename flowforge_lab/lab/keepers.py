"""Who keeps the secrets of a lab, as its settings say."""

from pathlib import Path

from flowforge_lab.clients import Vault
from flowforge_lab.errors import NodeError, StoreError
from flowforge_lab.settings import Settings
from flowforge_lab.variables import KeyRing, Noted, Secrets


def open_secrets(folder: Path, settings: Settings, *, noted: Noted | None = None) -> Secrets:
    """Return the secrets of the lab whose `.flowforge` is `folder`; nothing is read yet.

    `noted` is told of each change.
    """
    if settings.secrets_kept == "keyring":
        return Secrets(folder, KeyRing(folder), noted=noted)
    if settings.secrets_kept == "vault":
        url, path = settings.vault_url, settings.vault_path
        return Secrets(folder, Vault(url, path, namespace=settings.vault_namespace), noted=noted)
    return Secrets(folder, noted=noted)


class SecretsForNodes:
    """Gives nodes their secrets; a keeper that cannot is a fault of the node, not of the lab's store."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def __call__(self, name: str) -> str:
        """Return the value of a secret, as `Secrets.get` does.

        Raises:
            NodeError: its keeper is damaged or out of reach.
        """
        try:
            return self._secrets.get(name)
        except StoreError as error:
            title = f"secret {name!r} cannot be read"
            raise NodeError(title, type="secret.unreadable", detail=str(error)) from error
