"""Starts the owner: `python -I -S .../store/owner FOLDER [LINGER] [--tcp]`."""

import sys
from pathlib import Path

if not __package__:  # started by path: this folder becomes the package `owner`, last on the path
    sys.path[:] = [
        path for path in sys.path if Path(path).resolve() != Path(__file__).resolve().parent
    ]
    sys.path.append(str(Path(__file__).resolve().parent.parent))
    __package__ = "owner"  # PEP 366: what makes the import below work

from .process import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
