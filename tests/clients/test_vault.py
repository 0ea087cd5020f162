import json
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from flowforge_lab.clients import Vault
from flowforge_lab.errors import NotFoundError, SettingsError, StoreUnavailableError
from flowforge_lab.variables import Secrets


class KvTwo(BaseHTTPRequestHandler):
    """KV version 2 of HashiCorp Vault, as its documentation tells, and strict about it."""

    def do_GET(self):
        with self.server.guard:
            self.server.reads += 1
            if self._is_refused():
                return
            versions = self.server.versions
            if not versions:
                self._tell(404, {"errors": []})
            elif versions[-1] is None:
                gone = {"version": len(versions), "deletion_time": "2026-01-01T00:00:00Z"}
                self._tell(404, {"data": {"data": None, "metadata": gone}})
            else:
                metadata = {"version": len(versions), "deletion_time": "", "destroyed": False}
                self._tell(200, {"data": {"data": versions[-1], "metadata": metadata}})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.guard:
            if self._is_refused():
                return
            if set(body) != {"options", "data"} or body["options"]["cas"] != len(
                self.server.versions
            ):
                told = "check-and-set parameter did not match the current version"
                self._tell(400, {"errors": [told]})
                return
            self.server.versions.append(body["data"])
            self._tell(200, {"data": {"version": len(self.server.versions)}})

    def _is_refused(self):
        if self.server.fault:
            self._tell(self.server.fault, {"errors": ["Vault is sealed"]})
        elif self.headers["X-Vault-Token"] != "s.token":
            self._tell(403, {"errors": ["permission denied"]})
        elif self.path != "/v1/secret/data/teams/flows":
            self._tell(404, {"errors": [f"no handler for route {self.path!r}"]})
        else:
            return False
        return True

    def _tell(self, status, document):
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), KvTwo)
    server.guard, server.versions, server.fault, server.reads = threading.Lock(), [], 0, 0
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def moment():
    return [0.0]


@pytest.fixture
def vault(server, moment, monkeypatch):
    monkeypatch.setenv("VAULT_TOKEN", "s.token")
    url = f"http://127.0.0.1:{server.server_port}/"
    return Vault(url, "secret/teams/flows", now=lambda: moment[0])


@pytest.fixture
def secrets(vault, tmp_path):
    return Secrets(tmp_path, vault)


def test_an_empty_vault_has_no_secrets(secrets):
    assert secrets.names() == []
    with pytest.raises(NotFoundError, match="there is no secret 'a'"):
        secrets.get("a")


@pytest.mark.slow
def test_a_secret_goes_into_vault_beside_the_others_and_comes_back(secrets, server):
    secrets.set("a", "hush")
    secrets.set("b", "also")

    assert secrets.get("a") == "hush"
    assert secrets.names() == ["a", "b"]
    assert server.versions[-1] == {"a": "hush", "b": "also"}


@pytest.mark.slow
def test_a_removed_secret_is_gone_from_the_newest_version(secrets, server):
    secrets.set("a", "hush")

    secrets.remove("a")

    assert server.versions[-1] == {}
    assert secrets.names() == []


@pytest.mark.slow
def test_a_version_that_was_deleted_is_empty_and_can_be_written_after(secrets, server):
    secrets.set("a", "hush")
    server.versions.append(None)

    secrets.set("b", "also")

    assert server.versions[-1] == {"b": "also"}


@pytest.mark.slow
def test_what_many_write_at_once_is_all_kept(server, vault):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: vault.set(f"s{n}", "hush"), range(12)))

    assert len(server.versions[-1]) == 12


@pytest.mark.slow
def test_vault_is_not_asked_for_each_secret(secrets, server):
    secrets.set("a", "hush")
    secrets.get("a")
    before = server.reads

    for _ in range(50):
        secrets.get("a")

    assert server.reads == before


@pytest.mark.slow
def test_a_vault_that_stops_answering_is_bridged_for_a_while_and_not_for_ever(
    secrets, server, moment
):
    secrets.set("a", "hush")
    secrets.get("a")
    server.fault = 503
    moment[0] = 300.0

    assert secrets.get("a") == "hush"

    moment[0] = 700.0
    with pytest.raises(StoreUnavailableError, match=r"503 .*Vault is sealed"):
        secrets.get("a")


@pytest.mark.slow
def test_a_value_that_changes_in_vault_is_seen_after_a_while(secrets, server, moment, vault):
    secrets.set("a", "hush")
    secrets.get("a")
    server.versions.append({"a": "new"})
    moment[0] = 20.0
    secrets.get("a")  # sets off the reading beside it
    vault._aside.shutdown(wait=True)

    assert secrets.get("a") == "new"


def test_a_wrong_token_is_told_and_not_shown(secrets, monkeypatch):
    monkeypatch.setenv("VAULT_TOKEN", "s.other")

    with pytest.raises(SettingsError, match=r"refuses the token .*permission denied") as caught:
        secrets.get("a")

    assert "s.other" not in str(caught.value)


def test_a_wrong_path_is_told_with_what_vault_says(server, monkeypatch):
    monkeypatch.setenv("VAULT_TOKEN", "s.token")

    with pytest.raises(StoreUnavailableError, match="no handler for route"):
        Vault(f"http://127.0.0.1:{server.server_port}", "kv/else").names()


def test_a_vault_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setenv("VAULT_TOKEN", "s.token")

    with pytest.raises(StoreUnavailableError, match=r"cannot be reached at http://127.0.0.1:9"):
        Vault("http://127.0.0.1:9", "secret/flows").names()


def test_without_an_address_or_a_token_it_says_what_to_set(monkeypatch, tmp_path):
    for name in ("VAULT_TOKEN", "FLOWFORGE_VAULT_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))

    with pytest.raises(SettingsError, match="FLOWFORGE_VAULT_URL"):
        Vault("", "secret/flows")
    with pytest.raises(SettingsError, match="set FLOWFORGE_VAULT_TOKEN"):
        Vault("http://127.0.0.1:9", "secret/flows").names()
