"""What somebody may do: roles, in a lab and in some of its workflows."""

from collections.abc import Mapping
from typing import Literal, get_args

Role = Literal["viewer", "operator", "editor", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
"""Each holds all before it: a viewer looks, an operator also runs, an editor also changes workflows."""
NOBODY = ""
"""The role of whoever may do nothing in the lab but what they may in single workflows."""


def may(role: str, needed: Role) -> bool:
    """Whether a role holds another one; `NOBODY` holds none."""
    return role in ROLES and ROLES.index(role) >= ROLES.index(needed)


def higher(one: str, other: str) -> str:
    """Return the role of two that holds the other."""
    return max(one, other, key=lambda role: (role in ROLES, role in ROLES and ROLES.index(role)))


def refuse_roles(role: str, roles: Mapping[str, str]) -> None:
    """Refuse roles that are none; `NOBODY` may be the one in the lab.

    Raises:
        ValueError: it names those there are.
    """
    if "default/*" in roles:
        msg = "nobody has a role in the project 'default': give one in the lab, or in single workflows"
        raise ValueError(msg)
    for found in (*([role] if role != NOBODY else []), *roles.values()):
        if found not in ROLES:
            msg = f"expected one of the roles {', '.join(ROLES)}, found {found!r}"
            raise ValueError(msg)
