"""Services that are not well: each state at a port of its own, so that no circuit is another's."""

import asyncio
import json
import threading

from flowforge_lab.testing import LocalServer, Reply
from tests.ports import free_port

REFUSALS = (401, 404, 409, 429, 500)
STATES = ("down", "slow", "rubbish", "strange", "cut", *map(str, REFUSALS))


def _refused(status):
    told = {
        "ok": False,
        "error_code": status,
        "description": f"told {status}",
        "message": f"told {status}",
        "parameters": {"retry_after": 120} if status == 429 else {},
    }
    headers = {"Content-Type": "application/json"}
    if status == 429:
        headers["Retry-After"] = "120"
    return Reply(status=status, body=json.dumps(told).encode(), headers=headers)


REPLIES = {
    "slow": Reply(delay=30.0, body=b"{}"),
    "rubbish": Reply(body=b"<html>\xff\x00 it works!</html>"),
    "strange": Reply(body=b'{"ok": true, "result": {"what": [1]}}'),
    "cut": Reply(body=b'{"ok": true, "result": {' + b" " * 5_000, cut_at=24),
    "well": Reply(body=b'{"ok": true, "id": "1"}'),
    **{str(status): _refused(status) for status in REFUSALS},
}


class IllServers:
    """All of them, on a loop of their own in a thread."""

    def __enter__(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._servers = {state: LocalServer() for state in REPLIES}
        for state, server in self._servers.items():
            server.reply_to = lambda _received, reply=REPLIES[state]: reply
            self.do(server.__aenter__())
        return self

    def __exit__(self, *_):
        for server in self._servers.values():
            self.do(server.__aexit__())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def do(self, coroutine):
        """Run something on the servers' loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)

    def url(self, state):
        """Return where the service in a state is."""
        if state == "down":
            return f"http://127.0.0.1:{free_port()}"
        return self._servers[state].url().rstrip("/")
