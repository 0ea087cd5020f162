"""Knows the command line: what a person types, and how answers, progress and failures are shown.

Never: does more than ask the lab; a command that decides something belongs in a room below.
"""

from .program import COMMANDS, command_line, main

__all__ = ["COMMANDS", "command_line", "main"]
