"""A Telegram on this machine, for tests of bots."""

from .bots import LocalBot
from .checks import Refused
from .people import Person, told
from .server import TelegramServer
from .table import METHODS, OBJECTS

__all__ = ["METHODS", "OBJECTS", "LocalBot", "Person", "Refused", "TelegramServer", "told"]
