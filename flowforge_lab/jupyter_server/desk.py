"""Everything that one Jupyter server keeps of us: its labs, and the servers beside it."""

import atexit
import hashlib
import threading
from pathlib import Path

from .beside import Beside, take_given
from .ground import Ground
from .labs import Labs


class Desk:
    """The labs of a Jupyter server, and their dashboards. It is closed when the process ends."""

    def __init__(self, ground: Ground, *, home: Path | None = None) -> None:
        self.labs = Labs(ground, home)
        self._given = take_given()
        self._beside: dict[str, Beside] = {}
        self._lock = threading.Lock()
        atexit.register(self.close)

    def dashboard_of(self, folder: str) -> tuple[str, Beside]:
        """Return the server for the lab of a folder, and the key by which `find_dashboard` gives it again.

        Raises:
            NotFoundError: the Jupyter server shows no such folder.
        """
        root = self.labs.root_of(folder)
        key = hashlib.sha256(str(root).encode()).hexdigest()[:16]
        with self._lock:
            if key not in self._beside:
                self._beside[key] = Beside(root, self._given)
            return key, self._beside[key]

    def find_dashboard(self, key: str) -> Beside | None:
        """Return what was given before for a key."""
        with self._lock:
            return self._beside.get(key)

    def close(self) -> None:
        """Close the labs, and end what runs beside; may be called twice."""
        with self._lock:
            beside = list(self._beside.values())
        for one in beside:
            one.close()
        self.labs.close()
        atexit.unregister(self.close)
