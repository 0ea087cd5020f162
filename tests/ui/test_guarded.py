"""What the screens on the dashboard show of the lab, and do to it, for whoever looks."""

import pytest

from flowforge_lab.api import needed_role
from flowforge_lab.api.access import Caller
from flowforge_lab.errors import AccessError, NotFoundError
from flowforge_lab.services import ViewerSession, answer_viewer
from flowforge_lab.spec import Document
from tests.lab.page import Page

pytest.importorskip("panel")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),
]  # panel alone takes seconds to load
FLOW = (
    "id: {id}\nnodes:\n  start: {{kind: trigger.manual, next: done}}\n  done: {{kind: flow.end}}\n"
)
CALLS = """\
id: mine
nodes:
  start: {kind: trigger.manual, next: call}
  call: {kind: flow.sub_workflow, config: {workflow: theirs}, next: done}
  done: {kind: flow.end}
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    from flowforge_lab.lab import open_lab

    folder = tmp_path_factory.mktemp("guarded")
    (folder / ".flowforge").mkdir(mode=0o700)
    (folder / "theirs.flow.yaml").write_text(FLOW.format(id="theirs"))
    with open_lab(folder) as lab:
        lab.mine = lab.run(Document.parse(CALLS)).execution_id
        lab.theirs = lab.heads(workflow_id="theirs")[0].id
        lab.secrets.set("token", "x")
        yield lab


def rights(**roles):
    from flowforge_lab.ui.dashboard.visitor import Rights

    return Rights(Caller("one", "", roles), needed=needed_role)


@pytest.fixture
def eyes(lab):
    from flowforge_lab.ui.dashboard.guarded import GuardedEyes

    return GuardedEyes(lab, rights(mine="viewer"))


def test_tells_nothing_of_executions_of_others(lab, eyes):
    assert eyes.head(lab.mine).id == lab.mine
    assert eyes.kin(lab.mine) == []
    for id in (lab.theirs, "0" * 36, lab.theirs[:20], lab.mine[:-1], ""):
        with pytest.raises(NotFoundError, match="there is no execution"):
            eyes.head(id)


def test_tells_no_ways_of_executions_of_others(lab, eyes):
    assert eyes.ways(lab.mine) == []
    with pytest.raises(NotFoundError, match="there is no execution"):
        eyes.ways(lab.theirs)


@pytest.mark.parametrize("asked", ["show", "compare", "sides"])
def test_no_message_of_a_page_leads_to_executions_of_others(lab, eyes, asked):
    page = Page(answer_viewer)
    session = ViewerSession(lab.mine, eyes, lab.parts.registry)
    page.ask(session, asked, execution_id=lab.theirs, node="call", **{"with": lab.theirs})
    session.close()

    assert "there is no execution" in page.told[-1]["text"]
    assert session.execution_id == lab.mine


@pytest.mark.parametrize(
    "deed", ["cancel", "restart", "resume", "fork", "variable", "breakpoints", "made_up"]
)
def test_who_only_looks_steers_nothing(lab, eyes, deed):
    with pytest.raises(AccessError, match="takes the role"):
        eyes.steer(lab.mine, deed)


def test_names_that_may_not_be_listed_are_not_told_in_the_editor(lab):
    from flowforge_lab.ui.dashboard.guarded import surroundings_for

    known = lab.surroundings()
    told = surroundings_for(rights(mine="editor"), known)
    told_to_all = surroundings_for(
        rights().__class__(Caller("all", "editor"), needed=needed_role), known
    )

    assert (told.secrets, told.connections, told.workflows) == (None, None, None)
    assert told_to_all == known


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        ("hello", "viewer"),
        ("run", "operator"),
        ("ops", "editor"),
        ("save", "editor"),
        ("pin", "editor"),
    ],
)
def test_each_message_of_the_editor_takes_the_role_of_its_request(kind, role):
    from flowforge_lab.access import ROLES
    from flowforge_lab.ui.dashboard.guarded import may_ask

    enough = ROLES[ROLES.index(role) :]
    for given in ROLES:
        if given in enough:
            may_ask(rights(mine=given), "mine", kind)
        else:
            with pytest.raises(AccessError):
                may_ask(rights(mine=given), "mine", kind)


@pytest.mark.parametrize(
    "name",
    ["HEAD:../secret.flow.yaml", "HEAD:secret.flow.yaml", ":./mine.flow.yaml", "x:/etc/passwd"],
)
def test_a_workflow_is_compared_with_its_own_versions_only(lab, name):
    from flowforge_lab.ui.dashboard.guarded import GuardedBench

    with pytest.raises(NotFoundError):
        GuardedBench(lab).version(Document.parse(CALLS), name)
