"""How much an expression may use."""

import msgspec


class Limits(msgspec.Struct, frozen=True):
    """Bounds of one rendering in the sandbox.

    `max_items` is the length of a list, a dict or a set that may enter it; `max_wait_seconds` how long
    a rendering waits for a free process before it fails.
    """

    max_seconds: float = 1.0
    max_memory_bytes: int = 64_000_000
    max_items: int = 10_000
    max_processes: int = 2
    max_wait_seconds: float = 60.0
