"""Knows variables in their scopes, with a time to live, and where secrets come from.

Never: shows the value of a secret.
"""

from .key_ring import KeyRing
from .ports import VARIABLE_NAME, Keeper, Scope, Variables
from .redaction import redact
from .secrets import Noted, Secrets, without_secrets
from .sums import add

__all__ = [
    "VARIABLE_NAME",
    "Keeper",
    "KeyRing",
    "Noted",
    "Scope",
    "Secrets",
    "Variables",
    "add",
    "redact",
    "without_secrets",
]
