"""Which files a Jupyter server shows: its addresses of them, and where they lie."""

from pathlib import Path

from flowforge_lab.errors import NotFoundError


class Ground:
    """The folder that a Jupyter server shows; what is outside of it does not exist here.

    `root` is `None` where its files are kept elsewhere than on disk.
    """

    def __init__(self, root: Path | None, *, has_hidden: bool = False) -> None:
        self.root = None if root is None else root.absolute()
        self._has_hidden = has_hidden

    def path_of(self, address: str) -> Path:
        """Return where something lies that the server shows at `address`, such as `shop/orders.flow.yaml`.

        Raises:
            NotFoundError: it is outside of what is shown, or hidden.
        """
        parts = [part for part in address.replace("\\", "/").split("/") if part not in {"", "."}]
        is_odd = ".." in parts or "\0" in address or any(":" in part for part in parts[:1])
        is_hidden = not self._has_hidden and any(part.startswith(".") for part in parts)
        if self.root is None or is_odd or is_hidden:
            msg = f"there is no {address[:200]!r} in what this server shows"
            raise NotFoundError(msg)
        return self.root.joinpath(*parts)

    def address_of(self, path: Path) -> str | None:
        """Return the address of a file or folder, `None` of one that the server does not show."""
        if self.root is None:
            return None
        try:
            address = path.relative_to(self.root).as_posix()
            self.path_of(address)
        except (ValueError, NotFoundError):
            return None
        return "" if address == "." else address
