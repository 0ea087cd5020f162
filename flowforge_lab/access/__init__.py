"""Knows who may enter a lab, what they may do, and what they did: each in a file of its `.flowforge`.

Never: knows of HTTP, workflows, or the store.
"""

from .accounts import Account, Accounts
from .audit import Actor, Audit, Change, Way, act_as, acting
from .gatehouse import Gatehouse
from .projects import DEFAULT, IN_PROJECT, Project, Projects
from .roles import NOBODY, ROLES, Role, higher, may, refuse_roles
from .sessions import LONGEST, Session, Sessions, is_proof, proof_of
from .tokens import Token, Tokens

__all__ = [
    "DEFAULT",
    "IN_PROJECT",
    "LONGEST",
    "NOBODY",
    "ROLES",
    "Account",
    "Accounts",
    "Actor",
    "Audit",
    "Change",
    "Gatehouse",
    "Project",
    "Projects",
    "Role",
    "Session",
    "Sessions",
    "Token",
    "Tokens",
    "Way",
    "act_as",
    "acting",
    "higher",
    "is_proof",
    "may",
    "proof_of",
    "refuse_roles",
]
