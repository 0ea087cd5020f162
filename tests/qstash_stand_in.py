"""The stand-in of QStash, on a loop of its own."""

import asyncio
import contextlib
import threading

from flowforge_lab.testing import QstashServer

KEY, NEXT = "sig_" + "1" * 40, "sig_" + "2" * 40
PUBLIC = "https://flows.example.org"


@contextlib.contextmanager
def qstash_stand_in():
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = QstashServer(token="token", signing_key=KEY)
    asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(5)
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.__aexit__(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


def qstash_settings(server):
    """Return the settings of a lab whose schedules it carries."""
    return {
        "public_url": PUBLIC,
        "qstash_token": "token",
        "qstash_current_signing_key": KEY,
        "qstash_next_signing_key": NEXT,
        "qstash_url": server.url(""),
    }
