"""The clients a lab has open, together."""


class Clients:
    """One of each client, opened on first use and closed together."""
