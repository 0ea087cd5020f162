"""Knows variables in their scopes, with a time to live, and where secrets come from.

Never: shows the value of a secret.
"""

from .ports import Scope, Variables

__all__ = ["Scope", "Variables"]
