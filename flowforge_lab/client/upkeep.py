"""What is set up in a lab elsewhere, how it is, and a copy of it."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any  # noqa: TID251  # see below

from flowforge_lab.access import DEFAULT
from flowforge_lab.clients import ConnectionTest
from flowforge_lab.errors import RemoteError
from flowforge_lab.lab import OpenCircuit
from flowforge_lab.services import Delivery, Standing
from flowforge_lab.store import Finding
from flowforge_lab.variables import Scope

from .answers import value_of, values_of
from .wire import Wire, place

if TYPE_CHECKING:  # heavy, and needed only where somebody asks for a frame
    import pandas as pd


class RemoteSecrets:
    """`remote.secrets`: names to list, values to set; they never come back."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def names(self) -> list[str]:
        """Return the names of all secrets, sorted."""
        return list(self._wire.ask("GET", "/api/secrets"))

    def set(self, name: str, value: str) -> None:
        """Keep a secret."""
        self._wire.ask("PUT", place("secrets", name), json={"value": value})

    def remove(self, name: str) -> None:
        """Take a secret away from its keeper; one in the environment stays."""
        self._wire.ask("DELETE", place("secrets", name))

    def rotate(self, *, forgets: bool = False) -> str:
        """Encrypt all secrets of the lab's file with a new key, and return what locks them now."""
        told = self._wire.ask("POST", "/api/secrets/rotate", json={"forgets": forgets})
        return str(told["locked_by"])

    def get(self, name: str) -> str:
        """Refuse: the value of a secret leaves no server.

        Raises:
            RemoteError: always.
        """
        del name
        raise RemoteError("the value of a secret leaves no server; workflows there use it by name")

    @property
    def given(self) -> frozenset[str]:
        """Refuse as `get` does."""
        raise RemoteError("the values of secrets leave no server")


class VariableCalls:
    """The calls of a lab about variables. `owner` is the workflow's id, the user's name, or a project."""

    _wire: Wire

    def variables(self, scope: Scope = "project", owner: str = "") -> dict[str, Any]:
        """Return the variables of a scope by name; for the scope `execution` the owner is its id."""
        if scope == "execution":
            return dict(self._wire.ask("GET", place("executions", owner, "variables")))
        _refuse_owner(scope, owner)
        if scope == "project":
            found = self._wire.ask("GET", place("projects", owner or DEFAULT, "variables"))
        else:
            found = self._kept(scope, owner)
        return {one["name"]: one["value"] for one in found}

    def _kept(self, scope: str, owner: str) -> list[dict[str, Any]]:
        asked = {"scope": scope, "owner": owner}
        given = {name: value for name, value in asked.items() if value}
        return list(self._wire.ask("GET", "/api/variables", params=given))

    def variable_frame(self, scope: str = "", owner: str = "") -> "pd.DataFrame":
        """Return the variables of all scopes and owners that outlive executions, or of some, as a frame."""
        import pandas as pd

        columns = ["scope", "owner", "name", "value", "expires_at"]
        frame = pd.DataFrame(self._kept(scope, owner), columns=columns, dtype=object)
        frame["expires_at"] = pd.to_datetime(frame["expires_at"], utc=True, format="ISO8601")
        return frame

    def set_variable(
        self,
        name: str,
        value: Any,
        *,
        scope: Scope = "project",
        owner: str = "",
        ttl: float | None = None,
    ) -> None:
        """Keep a value for `ttl` seconds, or until it is changed; `None` removes it."""
        _refuse_owner(scope, owner)
        path, sent = place("variables", scope, name), {"value": value, "ttl": ttl}
        self._wire.ask("PUT", path, json=sent, params={"owner": owner})

    def increment_variable(
        self,
        name: str,
        by: Any = 1,
        *,
        scope: Scope = "project",
        owner: str = "",
        ttl: float | None = None,
    ) -> Any:
        """Add a number in one go, whoever else does too, and return the sum; `ttl` is for a new variable.

        Raises:
            ValueError: the variable, or `by`, is no number; nothing was changed.
        """
        _refuse_owner(scope, owner)
        path = place("variables", scope, name, "increment")
        sent = {"by": by, "ttl": ttl}
        return self._wire.ask("POST", path, json=sent, params={"owner": owner})["value"]

    def swap_variable(
        self,
        name: str,
        value: Any,
        *,
        expected: Any,
        scope: Scope = "project",
        owner: str = "",
        ttl: float | None = None,
    ) -> bool:
        """Keep a value only where the present one equals `expected` (`None`: there is none)."""
        _refuse_owner(scope, owner)
        path = place("variables", scope, name, "swap")
        sent = {"value": value, "expected": expected, "ttl": ttl}
        told = self._wire.ask("POST", path, json=sent, params={"owner": owner})
        return bool(told["is_swapped"])


def _refuse_owner(scope: str, owner: str) -> None:
    """Refuse the scope of executions, and what needs an owner without one, as a lab does."""
    if scope == "execution":
        raise ValueError("the variables of an execution are its own: its steps set them")
    if scope in {"workflow", "user"} and not owner:
        msg = f"whose? a variable of the scope {scope!r} needs an owner"
        raise ValueError(msg)


class Upkeep:
    """The calls of a lab about itself and what is set up in it."""

    _wire: Wire

    @property
    def secrets(self) -> RemoteSecrets:
        """The secrets of the lab: names to list, values to set; they are never shown."""
        return RemoteSecrets(self._wire)

    def connections(self) -> dict[str, str]:
        """Return the kind of each connection, by its name."""
        return dict(self._wire.ask("GET", "/api/connections"))

    def test_connection(self, name: str) -> ConnectionTest:
        """Call a connection once from there, and tell whether it answers.

        Raises:
            NotFoundError: no connection of that name.
        """
        path = place("connections", name, "test")
        return value_of(self._wire.ask("POST", path, timeout=None), ConnectionTest)

    def circuits(self) -> list[OpenCircuit]:
        """Return the hosts that are left alone for now because they failed."""
        return values_of(self._wire.ask("GET", "/api/circuits"), OpenCircuit)

    def slo(self) -> list[Standing]:
        """Return how workflows stand to what is promised of them in `slo.yaml`."""
        return values_of(self._wire.ask("GET", "/api/slo"), Standing)

    def deliveries(self) -> list[Delivery]:
        """Return how QStash got on with each schedule that it carries; none where it carries none."""
        told = self._wire.ask("GET", "/api/cron/deliveries")
        return values_of(told, Delivery, "last_at", "next_at")

    def prometheus(self, *, since: datetime | None = None) -> str:
        """Return metrics as Prometheus reads them: of the server, or with `since` from its history."""
        asked = {} if since is None else {"since": since.isoformat()}
        with self._wire.opened("GET", "/metrics", params=asked) as file:
            return file.read().decode()

    @property
    def is_copy(self) -> bool:
        """Whether the lab's folder was copied from another place: then its schedules do not fire."""
        return bool(self._about()["is_copy"])

    @property
    def is_read_only(self) -> bool:
        """Whether the lab's folder cannot be written."""
        return bool(self._about()["is_read_only"])

    def _about(self) -> dict[str, Any]:
        return dict(self._wire.ask("GET", "/api/lab"))

    def adopt(self) -> None:
        """Make a copied lab one of its own, whose schedules fire."""
        self._wire.ask("POST", "/api/lab/adopt")

    def backup(self, target: Path | str) -> int:
        """Bring an archive (`.tar.gz`) of everything here, and return its size in bytes.

        Raises:
            ValueError: `target` has another ending.
        """
        path = Path(target)
        if not path.name.endswith(".tar.gz"):
            msg = f"expected a name that ends with .tar.gz, found {path.name!r}"
            raise ValueError(msg)
        return self._wire.download("/api/lab/backup", path)

    def sweep(self) -> int:
        """Delete now what the lab keeps no longer, and return how many executions that were."""
        return int(self._wire.ask("POST", "/api/lab/sweep", timeout=None)["deleted"])

    def store_statistics(self) -> dict[str, float]:
        """Return numbers about the database that keeps the journal, by name; empty where the folder does."""
        return dict(self._wire.ask("GET", "/api/lab/statistics"))

    def doctor(self) -> list[Finding]:
        """Return what a look over the store and the own node types found, each with what would mend it."""
        return values_of(self._wire.ask("GET", "/api/lab/doctor", timeout=None), Finding)
