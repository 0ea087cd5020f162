"""The dashboard on a lab of this process, as a cell shows it."""

import asyncio

import pytest

pytest.importorskip("panel")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),
]  # panel alone takes seconds to load

FLOW = """\
nodes:
  start: {kind: trigger.manual, next: done}
  done: {kind: flow.end, config: {result: "1"}}
"""


@pytest.fixture
def lab(tmp_path):
    from flowforge_lab.lab import open_lab

    (tmp_path / ".flowforge").mkdir(mode=0o700)
    (tmp_path / "hello.flow.yaml").write_text(FLOW)
    with open_lab(tmp_path) as lab:
        yield lab


async def until(is_so):
    async with asyncio.timeout(15):
        while not is_so():
            await asyncio.sleep(0.05)


def test_shows_the_lab_and_follows_it(lab):
    import flowforge_lab as ff

    dashboard = ff.Dashboard(lab)
    assert "No execution yet" in dashboard.screen.body.html

    async def in_a_cell():
        dashboard.__panel__()
        await asyncio.to_thread(lab.run, lab.root / "hello.flow.yaml")
        await until(lambda: "hello" in dashboard.screen.body.html)
        dashboard._later(lambda: dashboard.screen.hear({"go": "?page=workflows"}))
        await until(lambda: dashboard.screen.page.name == "workflows")

    asyncio.run(in_a_cell())
    dashboard.close()


def test_begins_where_it_is_told_to(lab):
    import flowforge_lab as ff

    dashboard = ff.Dashboard(lab, page="executions", status="failed")

    assert dashboard.screen.address.query == "?page=executions&status=failed"
    assert "Nothing fits these filters" in dashboard.screen.body.html
    dashboard.close()


def test_an_execution_that_failed_without_a_failed_step_can_begin_anew_at_any(lab):
    import flowforge_lab as ff

    text = FLOW.replace('{result: "1"}', "{status: failed, message: no luck}")
    id = lab.run(ff.Document.parse(text)).execution_id

    dashboard = ff.Dashboard(lab, page="executions", execution=id)

    assert dashboard.screen.body.html.count("Restart from here") == 1
    assert 'data-step="done"' in dashboard.screen.body.html
    dashboard.close()


@pytest.mark.parametrize(("page", "name"), [("viewer", "execution"), ("editor", "workflow")])
def test_shows_the_canvas_and_the_editor_and_lets_go_of_them(lab, page, name):
    import flowforge_lab as ff

    id = lab.run(lab.root / "hello.flow.yaml").execution_id
    dashboard = ff.Dashboard(lab, page=page, **{name: id if name == "execution" else "hello"})
    screen = dashboard.screen
    [view] = screen.page.views()
    assert type(view).__name__ in {"FlowViewer", "FlowEditor"}

    lab.loop.run_sync(screen._go("?page=queue"))

    assert screen.page.name == "queue"
    assert screen.page.views() == []
    dashboard.close()
