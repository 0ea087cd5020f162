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
