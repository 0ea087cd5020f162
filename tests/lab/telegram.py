"""A lab with a bot, its host in a thread, and the local Telegram."""

import contextlib
import threading

import flowforge_lab as ff
from flowforge_lab.settings import Settings

TOML = """
[connections.shop_bot]
kind = "telegram"
token = "1000:local"
base_url = "{url}"
secret_token = "told-by-telegram"
per_chat = "1000/s"
per_bot = "1000/s"
updates = "{updates}"
"""


@contextlib.contextmanager
def bot_lab(folder, server, *, updates="polling", **settings):
    """Open a lab whose bot is at the local Telegram."""
    (folder / ".flowforge").mkdir(exist_ok=True)
    text = TOML.format(url=server.url, updates=updates)
    (folder / ".flowforge" / "flowforge.toml").write_text(text)
    with bot_lab_again(folder, **settings) as lab:
        yield lab


@contextlib.contextmanager
def bot_lab_again(folder, **settings):
    """Open a lab whose connections are written down already."""
    facts = {"owner_linger_seconds": 0.5, "poll_seconds": 0.02, "lease_seconds": 1} | settings
    with ff.open_lab(folder, settings=Settings(**facts)) as lab:
        yield lab


@contextlib.contextmanager
def serving(lab):
    """Be the host of the lab meanwhile."""
    over = threading.Event()
    thread = threading.Thread(target=lambda: lab.serve(until=over.is_set))
    thread.start()
    try:
        yield lab
    finally:
        over.set()
        thread.join(10)


def flow(folder, id, nodes):
    """Write a workflow file and return its path."""
    path = folder / f"{id}.flow.yaml"
    path.write_text(f"flowforge: 1\nid: {id}\nnodes:\n{nodes}")
    return path
