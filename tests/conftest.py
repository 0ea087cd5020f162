"""Random tests take the same examples in every run; those marked slow look for new ones."""

import os
import tempfile
from pathlib import Path

from hypothesis import settings

settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")


def pytest_configure(config):
    """Keep the keys of labs in tests away from those of whoever runs them."""
    folder = tempfile.TemporaryDirectory(prefix="flowforge-keys-")
    config.add_cleanup(folder.cleanup)
    os.environ["FLOWFORGE_SECRETS_KEY_FILE"] = str(Path(folder.name) / "secrets.key")
    os.environ.pop("FLOWFORGE_SECRETS_PASSPHRASE", None)
