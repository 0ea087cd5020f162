"""Knows how a plan is run: ready steps, attempts, retries, waits; says in `ports` what it needs from outside.

Never: opens a file or a socket, or knows which store, screen or clock it works with.
"""

from .ports import Blobs, Head, Journal, Lease, Listener, NewExecution, Signal

__all__ = ["Blobs", "Head", "Journal", "Lease", "Listener", "NewExecution", "Signal"]
