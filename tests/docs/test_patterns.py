"""Every workflow on the page of control-flow patterns gives what the page says."""

import json
import re
from pathlib import Path

import pytest

from flowforge_lab import open_lab

PAGE = (Path(__file__).parents[2] / "docs" / "pages" / "patterns.md").read_text()
CASES = re.findall(
    r"^## (.+?)\n+(?:[^`#\n][^\n]*\n+)*```yaml\n(.+?)```\n+Gives `(.+?)`",
    PAGE,
    re.MULTILINE | re.DOTALL,
)
TABLE = re.findall(r"^\| (\d+) \| .+? \| (yes|partly|no) \|", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with open_lab(tmp_path_factory.mktemp("patterns")) as lab:
        yield lab


@pytest.mark.parametrize(("text", "given"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_the_workflow_gives_what_the_page_says(lab, text, given):
    path = lab.root / "pattern.flow.yaml"
    path.write_text(text)

    outcome = lab.run(path)

    assert (outcome.error, outcome.result) == (None, json.loads(given))


def test_the_page_speaks_of_all_43_patterns():
    assert [int(number) for number, _ in TABLE] == list(range(1, 44))


def test_every_pattern_that_is_there_has_a_workflow():
    shown = {int(number) for name, *_ in CASES for number in re.findall(r"\d+", name)}

    missing = {int(number) for number, here in TABLE if here == "yes"} - shown
    assert missing == set()
