import pytest

keyring = pytest.importorskip("keyring")
from keyring.backend import KeyringBackend  # noqa: E402  # only where it is installed
from keyring.errors import KeyringLocked, PasswordDeleteError  # noqa: E402

from flowforge_lab.errors import NotFoundError, StoreUnavailableError  # noqa: E402
from flowforge_lab.variables import KeyRing, Secrets  # noqa: E402


class InMemory(KeyringBackend):
    priority = 1

    def __init__(self):
        super().__init__()
        self.kept = {}
        self.is_locked = False

    def _open(self):
        if self.is_locked:
            raise KeyringLocked("the user said no")
        return self.kept

    def get_password(self, service, username):
        return self._open().get((service, username))

    def set_password(self, service, username, password):
        self._open()[service, username] = password

    def delete_password(self, service, username):
        if self._open().pop((service, username), None) is None:
            raise PasswordDeleteError(username)


@pytest.fixture
def ring():
    before = keyring.get_keyring()
    keyring.set_keyring(InMemory())
    yield keyring.get_keyring()
    keyring.set_keyring(before)


@pytest.fixture
def secrets(ring, tmp_path):
    return Secrets(tmp_path, KeyRing(tmp_path))


def test_a_secret_goes_into_the_key_ring_and_comes_back(secrets, tmp_path):
    secrets.set("b", "hush")
    secrets.set("a", "also")

    assert secrets.get("b") == "hush"
    assert secrets.names() == ["a", "b"]
    assert list(tmp_path.iterdir()) == []


def test_a_removed_secret_is_gone_from_the_key_ring(secrets, ring):
    secrets.set("a", "hush")

    secrets.remove("a")

    assert secrets.names() == []
    assert "hush" not in ring.kept.values()
    with pytest.raises(NotFoundError):
        secrets.get("a")


def test_a_key_ring_that_stays_locked_is_told(secrets, ring):
    ring.is_locked = True

    for attempt in (lambda: secrets.get("a"), secrets.names, lambda: secrets.set("a", "x")):
        with pytest.raises(StoreUnavailableError, match="the user said no"):
            attempt()
