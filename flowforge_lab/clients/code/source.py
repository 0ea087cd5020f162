"""Running source text as a program of its own."""

import ast
import asyncio
import inspect
import linecache
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

FILE = "<code>"


def run_source(source: str, names: Mapping[str, Any]) -> Any:
    """Run the source with `names` set, and return what it calls `result`; `None` if it does not.

    The current folder can be imported from, as in a script; `await` may stand at its top level. `SystemExit`
    without a fault ends the code as its last line would.
    """
    linecache.cache[FILE] = (len(source), None, source.splitlines(keepends=True), FILE)
    program = ModuleType("__main__")
    vars(program).update(names)
    sys.modules["__main__"] = program
    sys.path.insert(0, "")
    try:
        code = compile(source, FILE, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        waiting = eval(code, vars(program))  # noqa: S307  # what this process is for
        if code.co_flags & inspect.CO_COROUTINE:
            asyncio.run(waiting)
    except SystemExit as ended:
        if ended.code not in (None, 0):
            raise
    return vars(program).get("result")
