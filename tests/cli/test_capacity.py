"""How long executions would wait under other limits, on the command line."""

import pytest

import flowforge_lab as ff

pytestmark = pytest.mark.slow

TEXT = """\
id: slow
settings: {concurrency: {limit: 1, on_limit: queue}}
nodes:
  start: {kind: trigger.manual, next: nap}
  nap: {kind: flow.delay, config: {duration: 300ms}}
"""


def test_tells_what_was_waited_and_what_would_be(flowforge, folder):
    (folder / "slow.flow.yaml").write_text(TEXT)
    with ff.open_lab(folder) as lab:
        ids = [lab.start("slow.flow.yaml") for _ in range(3)]
        assert [lab.wait(id).status for id in ids] == ["succeeded"] * 3

    rows = flowforge("capacity", "slow", "--limit", "1", "--limit", "3", "--json").json
    told = flowforge(
        "capacity", "slow", "--limit", "1", "--since", "1h", "--where", "duration > 0"
    )

    waited, one, three = [row["mean_wait"] for row in rows]
    assert [row["limit"] for row in rows] == [0, 1, 3]
    assert waited > 0.25
    assert three == 0 < one <= waited + 0.05
    assert "utilisation" in told.out


def test_a_workflow_that_never_ran_has_no_past(flowforge, folder):
    assert flowforge("capacity", "nothing", "--limit", "1").code == 3
    assert flowforge("capacity", "nothing").code == 2
