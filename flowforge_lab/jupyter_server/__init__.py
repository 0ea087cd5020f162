"""Knows how a Jupyter server gives its JupyterLab a lab: documents in the editor, what runs, the dashboard.

Never: keeps anything itself, or lets anybody in by other means than the Jupyter server's own.
"""

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Tell the Jupyter server what to load."""
    return [{"module": "flowforge_lab.jupyter_server"}]


def _load_jupyter_server_extension(server: Any) -> None:
    """Add our addresses to a Jupyter server; labs are opened when they are first asked for."""
    from .addresses import add_addresses

    add_addresses(server)
    server.log.info("FlowForge Lab is at %sflowforge/", server.base_url)
