"""How often things may happen in a lab, as `[limits]` in `flowforge.toml` says."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from flowforge_lab.errors import SettingsError
from flowforge_lab.nodes import Registry
from flowforge_lab.settings import FILE, load_limits
from flowforge_lab.spec import did_you_mean
from flowforge_lab.values import Rate, parse_rate


class Rates(msgspec.Struct, frozen=True):
    """Rates by kind of node and by host."""

    kinds: Mapping[str, Rate] = {}
    hosts: Mapping[str, Rate] = {}


def read_rates(folder: Path, registry: Registry) -> Rates:
    """Return the rates of the lab whose `.flowforge` is `folder`.

    Raises:
        SettingsError: one is no rate, or names a kind that is not there.
    """
    written = load_limits(folder)
    for kind in written["kinds"]:
        if registry.find(kind) is None:
            near = did_you_mean(kind, registry.kinds()) or "`flowforge nodes` lists all"
            msg = f"{FILE} [limits] kinds: there is no node type {kind!r}; {near}"
            raise SettingsError(msg)
    hosts = {name.lower(): text for name, text in written["hosts"].items()}
    return Rates(_parsed("kinds", written["kinds"]), _parsed("hosts", hosts))


def _parsed(table: str, rates: Mapping[str, str]) -> dict[str, Rate]:
    try:
        return {name: parse_rate(text) for name, text in rates.items()}
    except ValueError as error:
        msg = f"{FILE} [limits] {table}: {error}"
        raise SettingsError(msg) from error
