"""A call from outside, before anybody has looked into it."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from flowforge_lab.errors import FlowForgeError


class CallError(FlowForgeError):
    """A call cannot be taken: `status` is that of HTTP, `code` a stable word; `headers` go along."""

    def __init__(
        self, status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = dict(headers or {})


class Call:
    """One HTTP request. `path` is what follows the workflow's id, without a slash before it."""

    def __init__(  # noqa: PLR0913  # what a request is made of
        self,
        method: str,
        path: str,
        *,
        headers: Sequence[tuple[bytes, bytes]] = (),
        query: bytes = b"",
        body: bytes = b"",
        client: str = "",
        is_test: bool = False,
    ) -> None:
        self.method = method.upper()
        self.path = path.strip("/")
        self.query = query
        self.body = body
        self.client = client
        self.is_test = is_test
        self._headers = headers

    @cached_property
    def headers(self) -> dict[str, str]:
        """The headers by lower-case name; one that comes twice is joined with a comma."""
        found: dict[str, str] = {}
        for raw_name, raw_value in self._headers:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            found[name] = f"{found[name]}, {value}" if name in found else value
        return found

    def header(self, name: str) -> str:
        """Return a header, empty where it is not there."""
        return self.headers.get(name.lower(), "")
