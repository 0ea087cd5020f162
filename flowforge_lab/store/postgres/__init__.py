"""The journal in PostgreSQL, for labs that many machines share.

The same operations as the owner process, run by each client itself: what the owner's one thread gave
for free is got by locks on rows and names, and every time of a lease is the database's. Needs the
extra `postgres`; nothing outside imports this room before a lab names a database.
"""

from .ends import open_ends
from .moving import move
from .setup import set_up
from .status import status

__all__ = ["move", "open_ends", "set_up", "status"]
