"""One condition on its own, outside of any config: that of a breakpoint."""

from functools import lru_cache

from flowforge_lab.errors import ExpressionError

from .compiled import Compiled, Path, Role, compile_value
from .words import ROOTS, unknown_name

_KNOWN = frozenset(ROOTS) - {"result", "secrets"}
KEY = "condition"
"""Under which name the rendered condition stands."""


@lru_cache(maxsize=256)
def compile_condition(text: str) -> Compiled:
    """Return a condition, compiled; rendered it is a dict with its value under `KEY`.

    Raises:
        ExpressionError: it is no expression, or names what nothing in a workflow is called.
    """
    compiled = compile_value({KEY: text}, role_of=_role)
    for _path, error in compiled.problems:
        raise error
    for _path, reference in compiled.references:
        root = str(reference.path[0])
        if root not in _KNOWN:
            raise ExpressionError(unknown_name(root), text, reference.offset)
    return compiled


def _role(path: Path) -> Role:
    return "expression" if path else "template"
