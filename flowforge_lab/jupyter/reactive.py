"""Cells that run again when what they read changes: the reactive kernel, ipyflow, made to fit."""

import ast
import sys
from typing import Any

import ipywidgets as widgets
import traitlets

from flowforge_lab.errors import NotFoundError

_KERNEL = "ipyflow.kernel"
_OBSERVE = "_observe_widget"  # how ipyflow takes in what a widget says; it has no door for it
_UNTOLD = "..."  # what a slice of the notebook says in place of a value that no expression makes


def reactive() -> None:
    """Let each cell of this notebook run again when something that it reads changes; twice does no harm.

    What changes is the `value` of a widget that a variable holds (an input, an `Editor`, `Watched`), or a
    variable that another cell sets.

    Raises:
        NotFoundError: the kernel of this notebook is not ipyflow; the text says how to get it.
    """
    if not _is_reactive():
        msg = (
            "this kernel does not run cells again by itself; choose the kernel 'Python 3 (ipyflow)', "
            f'which {sys.executable} -m pip install "flowforge-lab[reactive]" brings'
        )
        raise NotFoundError(msg)
    mend()
    from ipyflow.line_magics import set_exec_mode
    from ipyflow.singletons import shell

    shell().config.ipyflow.exec_mode = "reactive"  # read when JupyterLab connects, maybe later
    set_exec_mode("reactive")


def _is_reactive() -> bool:
    """Whether this is the kernel of ipyflow, and not one in which somebody merely imported it."""
    if _KERNEL not in sys.modules:
        return False
    from ipyflow.singletons import IPyflowShell

    return bool(IPyflowShell.initialized())


class Watched(widgets.Widget):  # type: ignore[misc]  # ipywidgets tells no types
    """What a Param object says, as the `value` of a widget: its parameters by name.

    `value` is told anew whenever a parameter changes, so reactive cells that read it run again; the object
    itself they cannot watch. `close()` lets go of it.
    """

    value = traitlets.Dict()

    def __init__(self, source: Any) -> None:
        super().__init__()
        self._source = source
        names = [name for name in source.param if name != "name"]
        self._watcher = source.param.watch(self._take, names)
        self._names = names
        self._take()

    def close(self) -> None:
        """Tell nothing any more."""
        self._source.param.unwatch(self._watcher)
        super().close()

    def _take(self, *_changes: object) -> None:
        self.value = {name: getattr(self._source, name) for name in self._names}


def mend() -> None:
    """Let widgets in an ipyflow kernel hold any value; elsewhere nothing is done, and twice does no harm.

    ipyflow writes each new value of a widget into source text and parses it, without quotes: a text raises
    a `SyntaxError` in the cell that set it.
    """
    if _KERNEL not in sys.modules:
        return
    from ipyflow.data_model.symbol import Symbol

    observe = getattr(Symbol, _OBSERVE, None)
    if observe is None or hasattr(observe, "is_mended"):
        return

    def observe_any(symbol: Any, change: dict[str, Any]) -> None:
        if change.get("name") != "value" or "new" not in change:
            return
        observe(symbol, {**change, "new": _Written(change["new"])})
        names = symbol.namespace
        value = names and names.lookup_symbol_by_name_this_indentation("value")
        if value:
            value.update_obj_ref(change["new"])

    vars(observe_any)["is_mended"] = True
    setattr(Symbol, _OBSERVE, observe_any)


class _Written:
    """A value that says, where it is formatted, the expression that makes it."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __format__(self, _spec: str) -> str:
        text = repr(self._value)
        try:
            ast.parse(text, mode="eval")
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            return _UNTOLD
        return text
