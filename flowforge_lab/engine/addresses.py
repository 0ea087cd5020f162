"""Where a wait can be answered, known before it waits: the same for the same place, guessed by nobody."""

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping

import msgspec

from flowforge_lab.events import ExecutionState, Scope, Visit
from flowforge_lab.nodes import Address

PATH = "/waits/"
_MAC_BYTES = 18


class Addresses:
    """Gives addresses for places in executions.

    `secret` is the lab's own; `public_url` is where its server is reached, and may be empty.
    """

    def __init__(self, secret: bytes, public_url: str = "") -> None:
        self._secret = secret
        self._base = public_url.rstrip("/") + PATH

    def __call__(self, execution_id: str, place: str) -> Address:
        """Return the address of a place in an execution; its token begins with the execution's id."""
        mac = hmac.digest(self._secret, f"{execution_id}/{place}".encode(), hashlib.sha256)
        text = base64.urlsafe_b64encode(mac[:_MAC_BYTES]).decode()
        token = f"{execution_id}.{text}"
        return Address(token, self._base + token)


def place_of(visit: Visit) -> str:
    """Return the place at which a visit can be answered."""
    return _place(visit.node, visit.scope, visit.number_in_turn)


def _place(node: str, scope: Scope, number: int) -> str:
    turns = ";".join(f"{loop}[{index}]" for loop, index in scope)
    return f"{node}/{turns}/{number}"


class WaitsView(Mapping[str, dict[str, str]]):
    """`waits.<id>` in an expression: the address of the visit of that node that is open, else of the next.

    It is of the turns that the expression is evaluated in; a node in turns that are not known here is
    missing. `around` tells in which loops each node lies.
    """

    def __init__(
        self,
        state: ExecutionState,
        scope: Scope,
        *,
        around: Mapping[str, frozenset[str]],
        addresses: Addresses,
    ) -> None:
        self._state = state
        self._scope = scope
        self._around = around
        self._addresses = addresses

    def __getitem__(self, node: str) -> dict[str, str]:
        loops = self._around[node]
        visits = self._state.visits
        scope = tuple(frame for frame in self._scope if visits[frame[0]].node in loops)
        if len(scope) < len(loops):
            raise KeyError(node)
        latest = self._state.latest.get((node, scope))
        number = 1 if latest is None else latest.number_in_turn + latest.is_over
        address = self._addresses(self._state.execution_id, _place(node, scope, number))
        return msgspec.structs.asdict(address)

    def __iter__(self) -> Iterator[str]:
        return iter(self._around)

    def __len__(self) -> int:
        return len(self._around)
