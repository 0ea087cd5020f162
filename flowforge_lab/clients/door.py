"""The clients a lab has open, together."""

from flowforge_lab.clock import Clock, SystemClock

from .http import HttpClient, HttpPolicy


class Clients:
    """One of each client, opened on first use and closed together."""

    def __init__(self, *, http: HttpPolicy | None = None, clock: Clock | None = None) -> None:
        clock = clock or SystemClock()
        self.http = HttpClient(http, clock)

    async def close(self) -> None:
        """Close what was opened; harmless if nothing was."""
        await self.http.close()
