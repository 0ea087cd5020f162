"""Owners as the tests find, start and wait for them."""

import json
from pathlib import Path

import flowforge_lab.store

OWNER = str(Path(flowforge_lab.store.__file__).parent / "owner")


def owner_pid(folder: Path) -> int:
    return int(json.loads((folder / "owner.json").read_text())["pid"])
