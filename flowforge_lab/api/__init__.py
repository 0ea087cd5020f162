"""Knows how the lab is reached over HTTP: REST, live events, webhooks, who may ask, how it is all served.

Never: does itself what is asked for, or lets a library's error through as it is.
"""

from .access import Access, Terms, terms_of
from .application import Front, Screen
from .assistants.local import offered_tools, serve_assistant
from .places import needed_role
from .serving import Server, listen
from .stateless import Stateless, stateless_app

__all__ = [
    "Access",
    "Front",
    "Screen",
    "Server",
    "Stateless",
    "Terms",
    "listen",
    "needed_role",
    "offered_tools",
    "serve_assistant",
    "stateless_app",
    "terms_of",
]
