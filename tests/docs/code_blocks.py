"""The code blocks of the pages that people read."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_GENERATED = {"settings.md", "command-line.md", "changelog.md"}


class Block(NamedTuple):
    """A block of code, and the page and line where it stands."""

    page: Path
    line: int
    text: str

    def __str__(self):
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages():
    own = [page for page in (ROOT / "docs" / "pages").glob("*.md") if page.name not in _GENERATED]
    return [
        ROOT / "README.md",
        *sorted(own),
        *sorted(ROOT.glob("extensions/*/README.md")),
        *sorted(ROOT.glob("examples/*/README.md")),
    ]


def blocks(language):
    """Return all blocks of a language."""
    return [block for page in pages() for block in _blocks_of(page, language)]


def _blocks_of(page, language):
    text = page.read_text(encoding="utf-8")
    for match in _BLOCK.finditer(text):
        if match[1] == language:
            yield Block(page, text.count("\n", 0, match.start()) + 2, match[2])
