"""Every command that a text sends its reader to is there."""

import re
from pathlib import Path

import pytest

from flowforge_lab.cli.program import COMMANDS

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"(?:`|^|\$ |bin/)flowforge ([a-z][a-z-]*)", re.MULTILINE)
TEXTS = [
    ROOT / "README.md",
    ROOT / "flowforge_lab/reference/errors.toml",
    *sorted((ROOT / "docs/pages").glob("*.md")),
    *sorted((ROOT / "flowforge_lab/nodes/builtin").rglob("*.py")),
    *sorted((ROOT / "examples").rglob("README.md")),
]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_commands_that_a_text_names_are_there(path):
    assert set(NAMED.findall(path.read_text())) - set(COMMANDS) == set()


def test_the_texts_name_commands():
    assert len({name for path in TEXTS for name in NAMED.findall(path.read_text())}) > 30
