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


def test_a_budget_that_is_overdrawn_is_told_as_how_often_it_was_used(flowforge, folder):
    (folder / "bad.flow.yaml").write_text(
        "nodes: {start: {kind: trigger.manual, next: no}, no: {kind: flow.end, config: {status: failed}}}"
    )
    (folder / "slo.yaml").write_text("bad: {success: 0.99}\n")
    flowforge("run", "bad.flow.yaml")

    told = flowforge("slo")

    assert told.code == 1
    assert "used 100 times" in told.out


def test_a_rule_reads_no_file(flowforge, folder, rules):
    (folder / "alerts" / "failures.yaml").write_text("sql: select * from read_text('/etc/passwd')")
    flowforge("init")

    [found] = flowforge("alerts", "check", "failures", "--json").json

    assert "file system operations are disabled" in found["problem"]
    assert found["rows"] == []
