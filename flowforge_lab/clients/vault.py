"""Secrets in HashiCorp Vault: all of a lab in one secret of KV version 2."""

import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec

from flowforge_lab.errors import ConflictError, SettingsError, StoreUnavailableError

_FRESH_SECONDS = 15.0
_STALE_SECONDS = 600.0
_TIMEOUT_SECONDS = 5.0
_TRIES = 5
_TOKENS = ("FLOWFORGE_VAULT_TOKEN", "VAULT_TOKEN")
_NOT_FOUND, _REFUSED, _BAD = 404, 403, 400


class _Seen(msgspec.Struct, frozen=True):
    """What Vault held at a moment; `version` is 0 where there is nothing yet."""

    at: float
    version: int = 0
    secrets: Mapping[str, str] = {}


class Vault:
    """Implements `variables.Keeper`; `url` is that of Vault, `path` begins with the mount.

    What was read is used for 15 seconds, then read again in the background; for ten minutes it also
    bridges a Vault that does not answer. The token is that of `FLOWFORGE_VAULT_TOKEN` or `VAULT_TOKEN`,
    else of `~/.vault-token`.
    """

    def __init__(
        self,
        url: str,
        path: str,
        *,
        namespace: str = "",
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        if not url:
            msg = "secrets_kept = 'vault' needs FLOWFORGE_VAULT_URL"
            raise SettingsError(msg)
        mount, _, rest = path.partition("/")
        self._url = f"{url.rstrip('/')}/v1/{mount}/data/{rest}"
        self._namespace = namespace
        self._now = now
        self._seen: _Seen | None = None
        self._reading: Future[_Seen] | None = None
        self._guard = threading.Lock()
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="vault")

    def __repr__(self) -> str:
        return f"Vault({self._url})"

    def find(self, name: str) -> str | None:
        """Return a value, or `None` where there is none."""
        return self._secrets().get(name)

    def names(self) -> list[str]:
        """Return all names."""
        return sorted(self._secrets())

    def set(self, name: str, value: str) -> None:
        """Keep a value; others that write at the same time lose nothing."""
        self._change(lambda secrets: {**secrets, name: value})

    def remove(self, name: str) -> None:
        """Take a value away in a new version; Vault keeps the older ones as it is told to."""
        self._change(lambda secrets: {key: value for key, value in secrets.items() if key != name})

    def _secrets(self) -> Mapping[str, str]:
        with self._guard:
            seen = self._seen
            age = self._now() - seen.at if seen else _STALE_SECONDS
            if seen is None or age >= _STALE_SECONDS:
                self._seen = seen = self._read()
            elif age >= _FRESH_SECONDS and self._reading is None:
                self._reading = self._aside.submit(self._read)
                self._reading.add_done_callback(self._was_read)
            return seen.secrets

    def _was_read(self, reading: "Future[_Seen]") -> None:
        if reading.exception() is None:
            self._seen = reading.result()
        self._reading = None

    def _change(self, change: Callable[[Mapping[str, str]], Mapping[str, str]]) -> None:
        with self._guard:
            for _ in range(_TRIES):
                seen = self._read()
                body = {"options": {"cas": seen.version}, "data": change(seen.secrets)}
                if self._ask("POST", body) is not None:
                    self._seen = None
                    return
        msg = "others change the secrets in Vault all the time; nothing was written"
        raise ConflictError(msg)

    def _read(self) -> _Seen:
        found = self._ask("GET")
        if not found:
            return _Seen(self._now())
        try:
            document = found["data"]
            version, secrets = int(document["metadata"]["version"]), document["data"] or {}
        except (KeyError, TypeError, ValueError) as error:
            msg = f"{self._url} does not answer as KV version 2 does; see FLOWFORGE_VAULT_PATH"
            raise StoreUnavailableError(msg) from error
        return _Seen(self._now(), version, {name: str(value) for name, value in secrets.items()})

    def _ask(self, method: str, body: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        """Return an answer; empty where nothing is there yet, `None` where somebody else wrote meanwhile."""
        import httpx

        headers = {"X-Vault-Token": _token(), "X-Vault-Request": "true"}
        if self._namespace:
            headers["X-Vault-Namespace"] = self._namespace
        try:
            answer = httpx.request(
                method, self._url, headers=headers, json=body, timeout=_TIMEOUT_SECONDS
            )
            return _taken(answer.status_code, answer.json() if answer.content else {}, self._url)
        except (httpx.HTTPError, ValueError) as error:
            msg = f"Vault cannot be reached at {self._url}: {str(error) or type(error).__name__}"
            raise StoreUnavailableError(msg) from error


def _taken(status: int, answer: dict[str, Any], url: str) -> dict[str, Any] | None:
    told = "; ".join(str(one).strip() for one in answer.get("errors") or [])
    if status == _REFUSED:
        msg = f"Vault refuses the token for {url}: {told or 'permission denied'}"
        raise SettingsError(msg)
    if status == _NOT_FOUND and not told:
        data = answer.get("data") or {}  # the newest version was deleted: its number still counts
        return {"data": data} if data.get("metadata") else {}
    if status == _BAD and "check-and-set" in told:
        return None
    if not 200 <= status < 300:  # noqa: PLR2004  # what HTTP calls a success
        msg = f"Vault answers {status} for {url}: {told or 'no reason given'}"
        raise StoreUnavailableError(msg)
    return answer


def _token() -> str:
    for name in _TOKENS:
        if os.environ.get(name):
            return os.environ[name].strip()
    try:
        return (Path.home() / ".vault-token").read_text("utf-8").strip()
    except (OSError, RuntimeError) as error:
        msg = f"there is no token for Vault; set {_TOKENS[0]}"
        raise SettingsError(msg) from error
