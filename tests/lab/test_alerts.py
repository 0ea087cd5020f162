"""Rules over the history tell people, once for each cool-down; promises are measured."""

from datetime import UTC, datetime, timedelta

import pytest

from flowforge_lab.errors import DocumentError, NotFoundError

FAILS = """\
id: fails
nodes:
  start: {kind: trigger.manual, next: try}
  try: {kind: test.flaky, config: {failures: 9, is_transient: false}}
"""
WORKS = """\
id: works
nodes:
  start: {kind: trigger.manual, next: say}
  say: {kind: action.transform, config: {value: 1}}
"""
RULE = """\
sql: select workflow_id, count(*) as failed from executions where status = 'failed' group by all
severity: critical
cooldown: 1h
"""


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"error_email": "ops@example.org"})


@pytest.fixture
def rule(lab):
    def write(text=RULE, name="failures"):
        (lab.root / "alerts").mkdir(exist_ok=True)
        (lab.root / "alerts" / f"{name}.yaml").write_text(text)

    write()
    return write


def run(lab, text):
    path = lab.root / "one.flow.yaml"
    path.write_text(text)
    return lab.run(path)


def long_ago():
    return datetime.now(UTC) - timedelta(hours=1)


def test_a_rule_that_finds_nothing_is_still(lab, rule):
    run(lab, WORKS)

    assert lab.alerts.check() == []


@pytest.mark.slow
def test_a_rule_that_finds_something_tells_people_once_for_its_cool_down(lab, rule, caplog):
    run(lab, FAILS)
    caplog.clear()

    first, second = lab.alerts.check(), lab.alerts.check()

    assert [one.rows for one in first] == [[{"workflow_id": "fails", "failed": 1}]]
    assert [one.is_silent for one in (*first, *second)] == [False, True]
    assert caplog.text.count("critical: failures: workflow_id fails, failed 1") == 1
    assert [one.rule for one in lab.alerts.fired()] == ["failures"]
    assert list(lab.alerts().columns) == ["rule", "severity", "at", "rows"]


@pytest.mark.slow
def test_without_a_cool_down_each_look_tells(lab, rule):
    rule(RULE.replace("1h", "0s"))
    run(lab, FAILS)

    told = [*lab.alerts.check(), *lab.alerts.check()]

    assert [one.is_silent for one in told] == [False, False]


@pytest.mark.slow
def test_the_host_asks_by_itself_and_a_broken_rule_stops_nothing(lab, rule, caplog):
    rule("sql: select nothing from nowhere", "broken")
    run(lab, FAILS)

    told = ("broken cannot be asked", "critical: failures")
    lab.serve(until=lambda: all(words in caplog.text for words in told))

    assert len(lab.alerts.fired()) == 2


def test_a_preview_tells_when_a_rule_would_have_fired_and_tells_nobody(lab, rule, caplog):
    run(lab, FAILS)
    caplog.clear()
    rule(RULE + "every: 1h\n")

    found = lab.alerts.preview("failures", since=long_ago())

    assert (found.looks, found.matches, len(found.fired)) == (2, 1, 1)
    assert lab.alerts.fired() == []
    assert caplog.text == ""


@pytest.mark.slow
def test_a_preview_sees_the_tables_as_they_were(lab, rule):
    first = run(lab, FAILS)
    ended = lab.rows("select finished_at from executions")[0]["finished_at"]
    sql = "sql: select status from executions where $now < timestamptz '{}'"
    rule(sql.format(ended.isoformat()) + "\nevery: 1h\n", "before")

    found = lab.alerts.preview("before", since=long_ago())

    assert first.status == "failed"
    assert [row for one in found.fired for row in one.rows if row["status"] == "failed"] == []


@pytest.mark.slow
def test_a_month_is_looked_through_in_at_most_two_thousand_looks(lab, rule):
    rule("sql: select 1 as one where false\nevery: 5s\n", "never")

    found = lab.alerts.preview("never", since=datetime.now(UTC) - timedelta(minutes=10))

    assert found.looks <= 2001
    assert found.fired == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("severity: critical", "sql: Field required"),
        (RULE + "every: soon\n", "every: .*expected a duration"),
        (RULE + "evry: 1m\n", "evry: Extra inputs"),
        ("- 1", "expected a mapping"),
        ("sql: [", "bad.yaml"),
    ],
)
def test_what_is_wrong_with_a_rule_is_told_with_its_file(lab, rule, text, told):
    rule(text, "bad")

    with pytest.raises(DocumentError, match=rf"alerts/bad\.yaml(.|\n)*{told}"):
        lab.alerts.rules()


def test_a_rule_that_is_not_there_is_told(lab):
    with pytest.raises(NotFoundError, match="no alert rule 'x'"):
        lab.alerts.check("x")


@pytest.mark.slow
def test_a_promise_is_measured_with_what_is_left_of_its_budget(lab):
    (lab.root / "slo.yaml").write_text(
        "works: {success: 0.9, duration_p95: 1m}\nfails: {success: 0.5}\nidle: {duration_p95: 1s}\n"
    )
    run(lab, WORKS)
    run(lab, FAILS)

    works, fails, idle = lab.slo()

    assert (works.is_met, works.success, works.budget_left) == (True, 1.0, 1.0)
    assert (fails.is_met, fails.success, fails.budget_left) == (False, 0.0, -1.0)
    assert (idle.is_met, idle.ended, idle.duration_p95) == (None, 0, None)


@pytest.mark.slow
@pytest.mark.parametrize("text", ["w: {}", "w: {success: 1.5}", "w: {sucess: 0.9}", "w: 7"])
def test_a_promise_that_cannot_be_one_is_told(lab, text):
    (lab.root / "slo.yaml").write_text(text)

    with pytest.raises(DocumentError, match=r"slo\.yaml\.w"):
        lab.slo()
