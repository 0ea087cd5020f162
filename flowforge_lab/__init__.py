"""FlowForge Lab: draw a workflow in JupyterLab, run it on a durable engine, ask its whole history.

`import flowforge_lab as ff` is light; each name below is loaded when it is first used.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "FlowForgeError": "errors",
    "Document": "spec",
    "InputField": "spec",
    "Node": "spec",
    "Retry": "spec",
    "Settings": "spec",
    "Workflow": "spec",
    "Lab": "lab",
    "open_lab": "lab",
    "RemoteLab": "client",
    "connect": "client",
    "Editor": "jupyter",
    "Dashboard": "ui",
    "RunForm": "jupyter",
    "Viewer": "jupyter",
    "Watched": "jupyter",
    "reactive": "jupyter",
}

__all__ = [
    "Dashboard",
    "Document",
    "Editor",
    "FlowForgeError",
    "InputField",
    "Lab",
    "Node",
    "RemoteLab",
    "Retry",
    "RunForm",
    "Settings",
    "Viewer",
    "Watched",
    "Workflow",
    "connect",
    "open_lab",
    "reactive",
]


def __getattr__(name: str) -> Any:
    """Return a public name from its room, loading that room now."""
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def load_ipython_extension(ipython: Any) -> None:
    """Do what `%load_ext flowforge_lab` asks for: `%flow`, `%%flow`, and how our values are displayed."""
    import_module(f"{__name__}.jupyter").load(ipython)


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
