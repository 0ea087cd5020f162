"""Where a lab keeps its users: in its own store, or in a table that `[users]` in its file names."""

from flowforge_lab.clients import Clients
from flowforge_lab.clock import Clock
from flowforge_lab.services import MappedUsers, Users, parse_mapping
from flowforge_lab.settings import FILE, Settings, load_users
from flowforge_lab.store import Store


def directory_of(store: Store, clients: Clients, clock: Clock, *, settings: Settings) -> Users:
    """Return the directory of a lab.

    Raises:
        SettingsError: `[users]` says something that cannot be used.
    """
    region = settings.default_region
    written = load_users(store.layout.folder)
    if not written:
        return Users(store.users, clock, region=region)
    mapping = parse_mapping(written, f"{FILE} [users]")
    return Users(MappedUsers(mapping, clients.connections, region=region), clock, region=region)
