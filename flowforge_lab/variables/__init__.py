"""Knows variables in their scopes, with a time to live, and where secrets come from.

Never: shows the value of a secret.
"""

from .ports import Scope, Variables
from .redaction import redact
from .secrets import Secrets, without_secrets
from .sums import add

__all__ = ["Scope", "Secrets", "Variables", "add", "redact", "without_secrets"]
