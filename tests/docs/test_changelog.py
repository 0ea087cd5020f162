"""The changelog: a fragment for each area, and a tool that puts them together."""

import importlib.util
import subprocess
import sys

import pytest

from tests.docs.code_blocks import ROOT

FRAGMENTS = sorted((ROOT / "docs" / "changelog.d").glob("*.md"))
KINDS = {"security", "removed", "deprecated", "added", "changed", "fixed"}


def test_every_fragment_has_a_kind_and_says_something():
    assert len(FRAGMENTS) > 10
    for fragment in FRAGMENTS:
        assert fragment.name.split(".")[-2] in KINDS, fragment.name
        assert fragment.read_text().strip().endswith("."), fragment.name


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("towncrier") is None, reason="of the group docs")
def test_the_next_changelog_holds_every_fragment():
    command = [sys.executable, "-m", "towncrier", "build", "--draft", "--version", "0.1.0"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    for fragment in FRAGMENTS:
        assert fragment.read_text().split("\n")[0] in done.stdout
