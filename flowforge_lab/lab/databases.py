"""The PostgreSQL of a lab: which one the settings name, its tables, and the way into it."""

import shutil
from pathlib import Path

from flowforge_lab.errors import SettingsError
from flowforge_lab.settings import Settings, load_settings
from flowforge_lab.store import (
    DatabaseStatus,
    Moved,
    ObjectsTarget,
    SetUp,
    Target,
    look_at_database,
    move_to_database,
    set_up_database,
)

from .key_file import FILE as KEY_FILE
from .place import FOLDER, root_for

_ACCESS_FILES = ("tokens.json", "accounts.json", "sessions.json", "projects.json", "audit.jsonl")


def target_of(settings: Settings, url: str = "") -> Target | None:
    """Return the database that keeps the journal; `None` where the lab's folder does.

    Raises:
        SettingsError: an object store is named, and no database.
    """
    url = url or settings.database_url
    if not url and settings.object_store:
        msg = "FLOWFORGE_OBJECT_STORE is for labs of many machines: it needs FLOWFORGE_DATABASE_URL beside it"
        raise SettingsError(msg)
    if not url:
        return None
    shared = Path(settings.shared_folder) if settings.shared_folder else None
    objects = None
    if settings.object_store:
        objects = ObjectsTarget(settings.object_store, settings.object_store_endpoint)
    return Target(url, settings.database_schema, shared, settings.database_pool_size, objects)


def shared_place(root: Path, settings: Settings) -> Path:
    """Return the folder of what all machines of the lab share: its own, where they name no other."""
    target = target_of(settings)
    return (target and target.shared) or root / FOLDER


def set_up_lab_database(settings: Settings | None = None) -> SetUp:
    """Make the tables of a lab in the database that the settings name, or raise those of an older version.

    Raises:
        SettingsError: they name none.
        StoreUnavailableError: it cannot be reached, or takes no tables from us.
    """
    return set_up_database(_named(settings or load_settings()))


def database_status(settings: Settings | None = None) -> DatabaseStatus:
    """Return how the database that the settings name stands, whether it holds a lab or not.

    Raises:
        SettingsError: they name none.
        StoreUnavailableError: it cannot be reached.
    """
    return look_at_database(_named(settings or load_settings()))


def _named(settings: Settings) -> Target:
    target = target_of(settings)
    if target is None:
        raise SettingsError("no database is named: set FLOWFORGE_DATABASE_URL")
    return target


def move_store(folder: Path | str | None, url: str, *, settings: Settings | None = None) -> Moved:
    """Copy the journal of a lab that nobody uses to the PostgreSQL at `url`, and compare.

    From then on the lab opens only with FLOWFORGE_DATABASE_URL set. Schema and shared folder are those
    of the settings.

    Raises:
        ConflictError: executions run, somebody uses the lab, or the database holds another one.
        SettingsError: `url` names no PostgreSQL.
        StoreError: the database cannot be reached, or what arrived is not what was sent.
    """
    root = root_for(folder)
    is_known = not url or url.startswith(("postgresql://", "postgres://"))
    target = target_of(settings or load_settings(root / FOLDER), url) if is_known else None
    if target is None:  # its address is not shown: it may hold a password
        msg = "name the database to move the lab to as 'postgresql://user@host:5432/flowforge'"
        raise SettingsError(msg)
    moved = move_to_database(root / FOLDER, target)
    if target.shared is not None:
        _share(root / FOLDER, target.shared)
    return moved


def _share(folder: Path, shared: Path) -> None:
    """Let all machines of a lab know its secret and its tokens: what was given out holds for all of them."""
    for name in (KEY_FILE, *_ACCESS_FILES):
        if (folder / name).exists() and not (shared / name).exists():
            shutil.copy2(folder / name, shared / name)
