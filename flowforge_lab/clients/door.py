"""The clients a lab has open, together."""

from flowforge_lab.clock import Clock, SystemClock

from .code import CodeRunner
from .http import HttpClient, HttpPolicy


class Clients:
    """One of each client, opened on first use and closed together."""

    def __init__(
        self,
        *,
        http: HttpPolicy | None = None,
        warm_workers: int = 0,
        clock: Clock | None = None,
    ) -> None:
        clock = clock or SystemClock()
        self.http = HttpClient(http, clock)
        self.code = CodeRunner(warm=warm_workers)

    async def close(self) -> None:
        """Close what was opened; harmless if nothing was."""
        await self.http.close()
        await self.code.close()
