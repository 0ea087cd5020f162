"""Connections that a node names: set up, and set up rightly."""

from flowforge_lab.plan import Surroundings, validate
from flowforge_lab.spec import Document
from tests.plan.judging import REGISTRY

QUERY = "nodes: {start: {kind: trigger.manual, next: q}, q: {kind: sql.query, config: {sql: from t, connection: %s}}}"


def test_a_connection_that_is_set_up_wrongly_is_told_where_it_is_named():
    around = Surroundings(frozenset({"lake", "shop"}), faults={"lake": "no kind"})

    [problem] = validate(Document.parse(QUERY % "lake").workflow, REGISTRY, around)

    assert (problem.code, problem.field) == ("connection.faulty", "config.connection")
    assert problem.message == "the connection 'lake' is set up wrongly: no kind"
    assert validate(Document.parse(QUERY % "shop").workflow, REGISTRY, around) == []


TELL = """\
nodes:
  start: {kind: trigger.manual, next: tell}
  tell:
    kind: action.send_notification
    config:
      title: Failed
      text: gone wrong
      channels: [{type: log}, {type: email, connection: %s, to: [ann@example.org]}]
"""


def test_a_connection_that_a_channel_names_is_looked_for_too():
    around = Surroundings(frozenset({"post"}))

    [problem] = validate(Document.parse(TELL % "pots").workflow, REGISTRY, around)

    assert (problem.code, problem.field) == (
        "connection.unknown",
        "config.channels.1.connection",
    )
    assert validate(Document.parse(TELL % "post").workflow, REGISTRY, around) == []
