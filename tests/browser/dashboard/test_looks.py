"""The main screens in both lights: what axe-core finds in them, and whether they look as they did."""

import pytest

from tests.api.conftest import make_folder
from tests.browser.dashboard.conftest import ServedScreen
from tests.browser.dashboard.test_accessible import RUN
from tests.browser.looks import MAX_FAR, MAX_MEAN, distance, look, points_of, reference

CHAIN = """\
nodes:
  start: {kind: trigger.manual, next: load}
  load: {kind: action.transform, config: {value: "[1, 2, 3]"}, next: clean}
  clean: {kind: action.transform, disabled: true, config: {value: "1"}, next: ask}
  ask: {kind: logic.condition, config: {condition: "1 < 2"}, next: {"true": good, "false": bad}}
  good: {kind: action.transform, config: {value: "1"}, next: done}
  bad: {kind: action.transform, config: {value: "2"}, next: done}
  done: {kind: flow.end, config: {result: nodes.load.value}}
canvas:
  _1: {kind: note, text: Ask Ada before, at: [0, -180], size: [220, 100], color: yellow}
  _2: {kind: group, text: Loading, at: [240, -60], size: [560, 200], color: blue}
"""
BROKEN = """() => {
    const find = root => { for (const one of root.querySelectorAll('*')) {
        if (one.matches('.ff-mount')) return one;
        const found = one.shadowRoot && find(one.shadowRoot);
        if (found) return found;
    } };
    find(document).append(document.createElement('button'));
}"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    folder = make_folder(tmp_path_factory.mktemp("looks"))
    (folder / "chain.flow.yaml").write_text(CHAIN)
    with ServedScreen(folder) as lab:
        lab.http.get("/")
        [lab.chain] = lab.finish("chain")
        [lab.failed] = lab.finish("fails")
        yield lab


@pytest.fixture
def see(page, lab):
    """Open an address in a light."""

    def open_at(query, theme):
        page.context.add_cookies([{"name": "flowforge_theme", "value": theme, "url": lab.url}])
        page.goto(f"{lab.url}/{query}")
        page.wait_for_selector("html[data-ff-ready]", timeout=30000)
        return page

    return open_at


def judge(page, axe):
    page.evaluate(axe)
    assert page.evaluate(RUN) == []


def settled(page, selector):
    page.locator(selector).first.wait_for(state="attached")
    page.wait_for_function("!document.getAnimations().some(one => one.playState === 'running')")
    page.wait_for_timeout(400)  # the canvas measures its nodes, and draws the edges then
    return page


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_viewer(see, lab, axe, theme):
    page = settled(see(f"?page=viewer&execution={lab.chain}", theme), ".react-flow__edge")
    look(page, f"viewer-{theme}")

    page.locator(".react-flow__node[data-id='ask']").click()
    settled(page, ".ff-step-panel")
    judge(page, axe)
    page.get_by_role("tab", name="Debug").click()
    judge(page, axe)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_editor(see, axe, theme):
    page = settled(see("?page=editor&workflow=chain", theme), ".react-flow__edge")
    look(page, f"editor-{theme}")

    page.locator(".react-flow__node[data-id='ask']").click()
    settled(page, ".ff-inspector .cm-editor")
    judge(page, axe)
    page.get_by_role("tab", name="Settings").click()
    judge(page, axe)
    page.keyboard.press("Control+k")
    judge(page, axe)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_lists(see, lab, theme):
    for name, query in (
        ("executions", f"?page=executions&execution={lab.failed}"),
        ("workflows", "?page=workflows&workflow=chain"),
        ("metrics", "?page=metrics&span=24h"),
    ):
        page = settled(see(query, theme), ".ff-head h1")
        look(page, f"{name}-{theme}")


def test_axe_would_find_what_is_wrong_inside_the_editor(see, axe):
    page = settled(see("?page=editor&workflow=chain", "dark"), ".react-flow__edge")
    page.evaluate(BROKEN)
    page.evaluate(axe)

    assert "button-name" in str(page.evaluate(RUN))


def test_a_panel_that_is_gone_would_be_told(see):
    page = settled(see("?page=editor&workflow=chain", "dark"), ".react-flow__edge")
    page.get_by_role("button", name="Hide the node types").click()
    page.get_by_role("button", name="Show the node types").wait_for()

    mean, far = distance(points_of(page.screenshot()), reference("editor-dark"))

    assert mean > MAX_MEAN
    assert far > MAX_FAR
