"""The labs of the folders that a Jupyter server shows, each opened when it is first needed."""

import os
import threading
from pathlib import Path

from flowforge_lab.lab import FOLDER, Lab, find_root, open_lab

from .ground import Ground


class Labs:
    """Gives the lab of a folder: the nearest at or above it, else that of the whole server.

    Safe to use from several threads. `close` closes them all.
    """

    def __init__(self, ground: Ground, home: Path | None = None) -> None:
        self.ground = ground
        start = ground.root or Path.cwd()
        named = home or (Path(told) if (told := os.environ.get("FLOWFORGE_LAB")) else None)
        self.home = named or find_root(start) or start
        self._open: dict[Path, Lab] = {}
        self._lock = threading.Lock()

    def root_of(self, address: str = "") -> Path:
        """Return the root of the lab that a folder of the server belongs to; it may be still to be made.

        Raises:
            NotFoundError: the server shows no such folder.
        """
        if self.ground.root is None:
            return self.home
        return find_root(self.ground.path_of(address)) or self.home

    def find(self, root: Path) -> Lab | None:
        """Return the lab at a root if there is one; none is made."""
        return self.open(root) if (root / FOLDER).is_dir() else None

    def open(self, root: Path) -> Lab:
        """Return the lab at a root, made if there is none; it takes a second the first time.

        Raises:
            StoreError: it cannot be opened; the text says why.
        """
        with self._lock:
            if root not in self._open:
                self._open[root] = open_lab(root)
            return self._open[root]

    def close(self) -> None:
        """Close every lab that was opened; may be called twice."""
        with self._lock:
            while self._open:
                self._open.popitem()[1].close()
