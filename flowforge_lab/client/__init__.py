"""Knows how to work with a lab that a server elsewhere holds, by the calls of `Lab` itself.

Never: opens a lab, runs anything here, or takes a certificate or an address for granted.
"""

from .remote import RemoteLab, connect

__all__ = ["RemoteLab", "connect"]
