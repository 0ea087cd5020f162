"""`flowforge alerts`: what the rules of a lab would have told."""

import pytest

pytestmark = pytest.mark.slow

RULE = """\
sql: select workflow_id, count(*) as failed from executions where status = 'failed' group by all
every: 1d
"""


@pytest.fixture
def rules(folder):
    (folder / "alerts").mkdir()
    for name in ("failures", "others"):
        (folder / "alerts" / f"{name}.yaml").write_text(RULE)


def test_a_preview_is_of_each_rule_or_of_the_one_that_is_named(flowforge, folder, rules):
    flowforge("init")

    each = flowforge("alerts", "preview", "--since", "3d", "--json").json
    one = flowforge("alerts", "preview", "others", "--since", "3d", "--json").json

    assert [found["rule"] for found in each] == ["failures", "others"]
    assert (one["rule"], one["fired"]) == ("others", [])
    assert "failures would have told people 0 times" in flowforge("alerts", "preview").out
    assert flowforge("alerts", "preview", "no").code == 3
