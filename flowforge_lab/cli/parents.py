"""Whether the process that started this one is still there."""

import os


def is_orphan(parent: int) -> bool:
    """Return whether `parent`, which started this process, is gone."""
    if hasattr(os, "getppid"):
        return os.getppid() != parent
    return False
