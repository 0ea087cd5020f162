"""The icons that node types name are those that the editor carries."""

import re
from pathlib import Path

from flowforge_lab.nodes import builtin_types

ICONS = Path(__file__).parents[2] / "extensions" / "editor" / "src" / "ui" / "icons.js"


def drawn_icons() -> set[str]:
    text = ICONS.read_text(encoding="utf-8")
    table = text.partition("const BY_NAME = {")[2].partition("};")[0]
    aliases = text.partition("const ALIASES = {")[2].partition("};")[0]
    names = [name.partition(":")[0].strip() for name in table.split(",") if name.strip()]
    return {_kebab(name) for name in names} | set(re.findall(r"[\w-]+(?=\"?: )", aliases))


def _kebab(name: str) -> str:
    parted = re.sub(r"([a-z])([A-Z0-9])", r"\1-\2", name)
    return re.sub(r"(\d)([A-Z])", r"\1-\2", parted).lower()


def test_the_editor_draws_the_icon_of_every_builtin_node_type():
    named = {kind.kind: kind.icon for kind in builtin_types()}
    drawn = drawn_icons()

    assert "table-properties" in drawn
    assert {kind: icon for kind, icon in named.items() if icon not in drawn} == {}
