"""Knows variables in their scopes, with a time to live, and where secrets come from.

Never: shows the value of a secret.
"""

from .ports import Scope, Variables
from .redaction import MASK, redact
from .secrets import PREFIX, Secrets

__all__ = ["MASK", "PREFIX", "Scope", "Secrets", "Variables", "redact"]
