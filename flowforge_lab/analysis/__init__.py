"""Knows questions over the history, answered as pandas frames while executions run elsewhere.

Never: writes anything, or holds up who runs.
"""

from .frames import Frames

__all__ = ["Frames"]
