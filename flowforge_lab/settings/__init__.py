"""Knows what a lab can be told: `FLOWFORGE_*` in the environment, else `flowforge.toml` in its folder.

Every setting, its bounds and its default; where connections are written down.
Never: opens what a setting points to, or takes a misspelt name for a default.
"""

from .model import PREFIX, Settings
from .reading import FILE, load_connections, load_limits, load_settings, load_users
from .table import SettingRow, settings_table

__all__ = [
    "FILE",
    "PREFIX",
    "SettingRow",
    "Settings",
    "load_connections",
    "load_limits",
    "load_settings",
    "load_users",
    "settings_table",
]
