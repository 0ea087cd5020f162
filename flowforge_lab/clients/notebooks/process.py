"""What a cell changes in its process that has no name in the notebook: modules, options, streams, signals."""

import ast
from collections.abc import Collection, Iterable

from .pure_names import words
from .surroundings import Surroundings

_OF_ALL = words("builtins sys os signal warnings locale gc socket threading asyncio io tempfile")
"""Modules whose state every cell may feel, whatever it names."""
_SETTERS = words(
    "os.putenv os.unsetenv os.umask os.fchdir signal.signal signal.alarm signal.setitimer"
    " gc.disable gc.enable gc.set_threshold socket.setdefaulttimeout time.tzset locale.setlocale"
    " asyncio.set_event_loop_policy asyncio.set_event_loop codecs.register atexit.register"
    " faulthandler.enable threading.settrace threading.setprofile warnings.catch_warnings.__enter__"
)
_READERS = words("get copy keys values items __contains__")
_REGISTERING = ("_accessor", "_namespace")
"""Ends of what registers attributes of all tables, such as `register_dataframe_accessor`."""
_BY_ITSELF = words("__enter__ __exit__")
"""Called by name, they begin or end in one cell what a `with` would end there."""


def changed_modules(
    tree: ast.Module, set_up: Collection[int], notebook: Surroundings
) -> frozenset[str]:
    """Return the modules in which a cell sets something, but for the settings that may be repeated."""
    found: set[str] = set()
    for place, statement in enumerate(tree.body):
        if place not in set_up or isinstance(statement, ast.FunctionDef | ast.ClassDef):
            found |= {_module(target, notebook) for target in _set_in(statement)}
    return frozenset(found - {""})


def changes_all(tree: ast.Module, set_up: Collection[int], notebook: Surroundings) -> str:
    """Return what a cell changes that every cell behind it may feel; empty if nothing."""
    found = changed_modules(tree, set_up, notebook) & _OF_ALL
    calls = (part for part in ast.walk(tree) if isinstance(part, ast.Call))
    called = (_called(call, notebook) for call in calls)
    found |= {one for one in called if _is_setter(one) or one.endswith(_REGISTERING)}
    return min(found, default="")


def modules_of(names: Iterable[str], notebook: Surroundings) -> frozenset[str]:
    """Return the modules from which names are, marked as such."""
    dotted = [notebook.modules[name] for name in names if name in notebook.modules]
    roots = {one.partition(".")[0] for one in dotted}
    return frozenset(f"module {one}" for one in roots.union(dotted))


def _set_in(statement: ast.stmt) -> Iterable[ast.expr]:
    for part in ast.walk(statement):
        if not isinstance(part, ast.Attribute | ast.Subscript):
            continue
        if isinstance(part.ctx, ast.Store | ast.Del):
            yield part


def _module(target: ast.expr, notebook: Surroundings) -> str:
    root: ast.expr = target
    while isinstance(root, ast.Attribute | ast.Subscript):
        root = root.value
    return notebook.dotted(root).partition(".")[0]


def _called(call: ast.Call, notebook: Surroundings) -> str:
    dotted = notebook.dotted(call.func)
    if not dotted and isinstance(call.func, ast.Attribute) and call.func.attr in _BY_ITSELF:
        return call.func.attr
    return dotted


def _is_setter(dotted: str) -> bool:
    place, _, last = dotted.rpartition(".")
    is_environment = place == "os.environ" and last not in _READERS
    return is_environment or dotted in _SETTERS | _BY_ITSELF
