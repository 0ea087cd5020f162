"""Running source text as a program of its own."""

import linecache
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

FILE = "<code>"


def run_source(source: str, names: Mapping[str, Any]) -> Any:
    """Run the source with `names` set, and return what it calls `result`; `None` if it does not.

    The current folder can be imported from, as in a script. `SystemExit` without a fault ends the
    code as its last line would.
    """
    linecache.cache[FILE] = (len(source), None, source.splitlines(keepends=True), FILE)
    program = ModuleType("__main__")
    vars(program).update(names)
    sys.modules["__main__"] = program
    sys.path.insert(0, "")
    try:
        exec(compile(source, FILE, "exec"), vars(program))  # noqa: S102  # what this process is for
    except SystemExit as ended:
        if ended.code not in (None, 0):
            raise
    return vars(program).get("result")
