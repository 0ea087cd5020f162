"""What each error type means and what to do, and which of them a kind can fail with."""

import tomllib
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import msgspec

from flowforge_lab.errors import ERROR_TYPES


class Trouble(msgspec.Struct, frozen=True):
    """An error type: what happened, and what to do."""

    type: str
    meaning: str
    remedy: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    means: Mapping[str, tuple[str, str]]
    kinds: Mapping[str, tuple[str, ...]]


def all_troubles() -> list[Trouble]:
    """Return every error type that the product itself uses, by name."""
    return [Trouble(type, *told) for type, told in sorted(_file().means.items())]


def troubles_of(kind: str) -> list[Trouble]:
    """Return what nodes of a kind can fail with, beside what any can; empty for kinds from elsewhere."""
    types = {type for pattern in _file().kinds.get(kind, ()) for type in _fitting(pattern)}
    return [one for one in all_troubles() if one.type in types]


def can_fail_with(kind: str, type: str) -> bool:
    """Whether the reference says that a node of this kind can fail with this error."""
    patterns = (*_file().kinds.get(kind, ()), *_file().kinds["any"])
    return any(fnmatchcase(type, pattern) for pattern in patterns)


def _fitting(pattern: str) -> Iterator[str]:
    return (type for type in ERROR_TYPES if fnmatchcase(type, pattern))


@cache
def _file() -> _File:
    written = tomllib.loads(Path(__file__).with_name("errors.toml").read_text("utf-8"))
    return msgspec.convert(written, _File)
