"""The garbage collector in a process that does nothing but serve."""

import contextlib
import gc
from collections.abc import Iterator

_YOUNG, _MIDDLE, _OLD = 50_000, 20, 10


@contextlib.contextmanager
def spared_collector() -> Iterator[None]:
    """Let the garbage collector pass over what is loaded already, and come less often.

    Looking through all of it takes 50 ms, in which nothing else runs. At the end all is as it was, since
    libraries look then for what was left behind.
    """
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
