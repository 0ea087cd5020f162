"""An object store (S3's protocol) behind the folders of segments and blobs, which then hold copies of it.

What lies there never changes once it is written: a copy is either right or not there. It is there before
anything in the journal names it, and goes long after the last thing did.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple  # noqa: TID251  # see below
from urllib.parse import urlsplit

import msgspec

from flowforge_lab.errors import StoreUnavailableError

if TYPE_CHECKING:  # an extra, and only who names an object store needs it
    from obstore.store import S3Store

_MISSING = "an object store needs obstore: pip install 'flowforge-lab[s3]'"
_PATIENCE = timedelta(seconds=15)
_TRIES = 4


class ObjectsTarget(msgspec.Struct, frozen=True):
    """Where the objects of a lab lie: `s3://bucket/prefix`, at `endpoint` where that is not Amazon's.

    Keys and region come from the environment under the names that Amazon's own programs read.
    """

    url: str
    endpoint: str = ""


class Object(NamedTuple):
    """What is known of an object without reading it; `changed_at` is seconds since 1970."""

    name: str
    bytes: int
    changed_at: float


class Objects:
    """The objects of one lab, by names with slashes; for any number of threads."""

    def __init__(self, target: ObjectsTarget) -> None:
        self._target = target
        self._store = _open(target)

    @property
    def url(self) -> str:
        """Where they lie."""
        return self._target.url

    def put(self, name: str, content: bytes | Path) -> None:
        """Store an object, as new as now.

        Raises:
            StoreUnavailableError: the object store cannot be reached, or refuses.
        """
        with self._speaking_our_errors("store", name):
            self._store.put(name, content)

    def put_once(self, name: str, content: bytes) -> bytes:
        """Store an object unless there is one, and return what is there. Raises as `put` does."""
        from obstore.exceptions import AlreadyExistsError

        with (
            self._speaking_our_errors("store", name),
            contextlib.suppress(AlreadyExistsError, FileExistsError),
        ):
            self._store.put(name, content, mode="create")
        return self.fetch(name)

    def fetch(self, name: str) -> bytes:
        """Return an object.

        Raises:
            FileNotFoundError: there is none.
            StoreUnavailableError: the object store cannot be reached, or refuses.
        """
        with self._speaking_our_errors("read", name):
            return bytes(self._store.get(name).bytes())

    def fetch_file(self, name: str, path: Path) -> None:
        """Make a file that holds an object; it appears whole. Raises as `fetch` does."""
        with self._speaking_our_errors("read", name):
            chunks = self._store.get(name).stream()
            write_whole(path, (bytes(chunk) for chunk in chunks))

    def look(self, name: str) -> Object | None:
        """Return what is known of an object, `None` if there is none.

        Raises:
            StoreUnavailableError: the object store cannot be reached, or refuses.
        """
        try:
            with self._speaking_our_errors("look at", name):
                found = self._store.head(name)
        except FileNotFoundError:
            return None
        return Object(name, found["size"], found["last_modified"].timestamp())

    def list(self, prefix: str) -> Iterator[Object]:
        """Yield the objects below a prefix.

        Raises:
            StoreUnavailableError: the object store cannot be reached, or refuses.
        """
        with self._speaking_our_errors("list", prefix):
            for chunk in self._store.list(prefix):
                for one in chunk:
                    yield Object(one["path"], one["size"], one["last_modified"].timestamp())

    def delete(self, names: Iterable[str]) -> None:
        """Delete objects; one that is not there is no error.

        Raises:
            StoreUnavailableError: the object store cannot be reached, or refuses.
        """
        gone = list(names)
        if not gone:
            return
        with (
            self._speaking_our_errors("delete", gone[0]),
            contextlib.suppress(FileNotFoundError),
        ):
            self._store.delete(gone)

    @contextlib.contextmanager
    def _speaking_our_errors(self, doing: str, name: str) -> Iterator[None]:
        from obstore.exceptions import BaseError

        try:
            yield
        except FileNotFoundError:
            raise
        except BaseError as error:
            place = f"{self._target.url} at {self._target.endpoint or 'its usual place'}"
            told = str(error).partition("\n")[0]
            msg = f"cannot {doing} {name!r} in {place}: {told}"
            raise StoreUnavailableError(msg) from error


def write_whole(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a file that appears whole or not at all; what a power cut takes is fetched again."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in chunks:
                file.write(chunk)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _open(target: ObjectsTarget) -> "S3Store":
    try:
        from obstore.exceptions import BaseError
        from obstore.store import S3Store
    except ImportError as error:
        raise StoreUnavailableError(_MISSING) from error
    parts = urlsplit(target.url)
    if parts.scheme != "s3" or not parts.hostname:
        msg = f"an object store is named `s3://bucket/prefix`, found {target.url!r}"
        raise StoreUnavailableError(msg)
    try:
        return S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            client_options={
                "allow_http": target.endpoint.startswith("http://"),
                "connect_timeout": "5s",
                "timeout": "60s",
            },
            retry_config={"max_retries": _TRIES, "retry_timeout": _PATIENCE},
            config={"endpoint": target.endpoint} if target.endpoint else {},
        )
    except (BaseError, ValueError) as error:
        msg = f"cannot use the object store {target.url}: {str(error).partition(chr(10))[0]}"
        raise StoreUnavailableError(msg) from error
