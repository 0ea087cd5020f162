"""The owner process: the only one that opens `journal.db`, for all clients of a lab on this machine.

A process that runs user code must never open that file: closing any handle of it drops the
process' POSIX locks, and acknowledged rows vanish. Standard library only, so that it starts in
milliseconds and depends on nothing a user installs; started by path, outside the product's package.
"""
