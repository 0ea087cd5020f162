"""Secrets in a rendered config: a stand-in until the very last moment."""


class SecretRef(str):
    """The text `{{ secrets.<name> }}`, which stands where a secret will be.

    It is journaled and shown as that text; the engine puts the value there for the node alone.
    """

    __slots__ = ()

    @property
    def name(self) -> str:
        """The name of the secret."""
        return self.strip("{} ").removeprefix("secrets.")
