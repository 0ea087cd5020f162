"""Knows the outside, one file a protocol: HTTP with its policy, SQL, kernels, Python workers; connections by name.

Never: decides when to try again on its own, or knows a workflow.
"""

from .door import Clients

__all__ = ["Clients"]
