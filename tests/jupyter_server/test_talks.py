"""What a page of JupyterLab and its session say to each other, without a server between them."""

import time

import pytest

from flowforge_lab.jupyter_server.ground import Ground
from flowforge_lab.jupyter_server.labs import Labs
from flowforge_lab.jupyter_server.overview import overview
from flowforge_lab.jupyter_server.talks import EditorTalk, ViewerTalk

pytestmark = pytest.mark.slow

FLOW = """\
# ours
flowforge: 1
name: Report
nodes:
  start: {kind: trigger.manual, next: double}
  double: {kind: action.transform, config: {value: "20 + 1"}, next: done}  # twice
  done: {kind: flow.end}
"""
RENAME = {"op": "rename", "node": "double", "to": "treble"}


class Page:
    """One side of a connection, and all that it was told."""

    def __init__(self, kind, labs):
        self.told = []
        self.talk = kind(labs, self.told.append)

    def say(self, kind, **given):
        self.talk.take({"kind": kind, "client": "page", **given})
        self.talk.settle()
        return self

    def all(self, kind):
        return [message for message in self.told if message["kind"] == kind]

    def wait_for(self, holds):
        end = time.monotonic() + 20
        while not (found := [message for message in list(self.told) if holds(message)]):
            assert time.monotonic() < end, self.told[-3:]
            time.sleep(0.02)
        return found[0]


@pytest.fixture(scope="module")
def labs(tmp_path_factory):
    root = tmp_path_factory.mktemp("desk")
    labs = Labs(Ground(root))
    yield labs
    labs.close()


@pytest.fixture
def page(labs):
    page = Page(EditorTalk, labs)
    yield page
    page.talk.close()


@pytest.fixture
def opened(page):
    return page.say("open", path="report.flow.yaml", text=FLOW)


def test_an_edit_comes_back_as_text_with_its_comments(opened):
    opened.say("ops", seq=1, ops=[RENAME])

    [told] = opened.all("text")
    assert told["edits"] == 1
    assert "# ours" in told["text"]
    assert "treble: {kind: action.transform" in told["text"]
    assert "# twice" in told["text"]


def test_a_look_at_a_document_does_not_write_it(opened):
    opened.say("hello").say("names", node="double").say("part", name="code")

    assert opened.all("text") == []
    assert opened.all("state")[0]["graph"]["name"] == "Report"


def test_an_edit_that_is_refused_settles_too(opened):
    opened.say("ops", seq=1, ops=[{**RENAME, "node": "nobody"}])

    assert opened.all("text") == [{"kind": "text", "text": FLOW, "edits": 1}]
    assert "Not done" in opened.all("graph")[-1]["reason"]


def test_text_that_somebody_else_wrote_is_drawn(opened):
    opened.say("text", text=FLOW.replace("Report", "Weekly report"))

    assert opened.all("graph")[-1]["graph"]["name"] == "Weekly report"
    assert opened.all("text") == []


@pytest.mark.parametrize("text", ["nodes: [", "- a\n- b\n", "flowforge: 99\n", "just words"])
def test_text_that_is_no_workflow_is_told_and_mended(opened, text):
    opened.say("text", text=text)

    assert opened.all("broken")[-1]["reason"]
    opened.say("text", text=FLOW)
    assert opened.told[-1]["kind"] != "broken"


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_an_empty_file_is_an_empty_workflow_of_its_name(page, text):
    page.say("open", path="morning.flow.yaml", text=text).say("hello")

    graph = page.all("state")[0]["graph"]
    assert (graph["id"], graph["nodes"]) == ("morning", {})
    assert page.all("text") == []


def test_a_renamed_file_renames_its_workflow(opened):
    opened.say("moved", path="weekly.flow.yaml", text=FLOW)

    assert opened.all("graph")[-1]["graph"]["id"] == "weekly"


def test_what_was_saved_is_kept_as_a_version_and_errors_make_a_draft(opened, labs):
    lab = labs.open(labs.home)
    opened.say("kept", text=FLOW)
    versions = [one for one in lab.workflows() if one.id == "report"]
    broken = FLOW.replace("20 + 1", "20 +")
    opened.say("text", text=broken).say("kept", text=broken)

    assert versions[0].latest_digest
    assert not versions[0].has_draft
    assert [one.has_draft for one in lab.workflows() if one.id == "report"] == [True]
    assert "draft" in opened.all("notice")[-1]["text"]


@pytest.mark.parametrize(
    "path",
    ["../out.flow.yaml", "a/../../out.flow.yaml", ".flowforge/x.flow.yaml", "C:/x.flow.yaml"],
)
def test_a_path_outside_of_what_is_shown_is_refused(page, path):
    page.say("open", path=path, text=FLOW).say("hello")

    assert "there is no" in page.all("broken")[0]["reason"]
    assert page.all("state") == []


def test_a_run_from_the_editor_is_seen_in_the_side_bar_and_the_viewer(opened, labs):
    opened.say("run")
    done = opened.wait_for(lambda told: told["kind"] == "run" and told["run"].get("finished_at"))

    id = done["run"]["execution_id"]
    viewer = Page(ViewerTalk, labs).say("open", execution_id=id, folder="").say("hello")
    assert viewer.all("state")[0]["run"]["execution_id"] == id
    viewer.talk.close()
    assert overview(labs)["lab"]["is_used"]


@pytest.mark.parametrize(
    "message", [{}, {"kind": 7}, {"kind": "ops"}, {"kind": "open", "path": None}]
)
def test_malformed_messages_do_no_harm(opened, message):
    opened.talk.take(message)

    opened.say("hello")
    assert opened.told
