"""What axe-core finds on each page, in the dark and in the light, wide and narrow."""

import pytest

from tests.browser.dashboard.test_pages import EVERY

RUN = """async () => {
    const found = await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice'] });
    return found.violations.filter(one => ['serious', 'critical'].includes(one.impact))
        .map(one => `${one.id}: ${one.nodes.slice(0, 3).map(node => node.html.slice(0, 160)).join(' | ')}`);
}"""


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("name", EVERY)
def test_axe_finds_nothing_serious(look, page, axe, lab, name, theme):
    page.context.add_cookies([{"name": "flowforge_theme", "value": theme, "url": lab.url}])
    look(f"?page={name}&span=1h")
    page.wait_for_timeout(400)
    page.evaluate(axe)

    assert page.evaluate(RUN) == []


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_serious_in_an_open_execution(look, page, axe, lab, width):
    [id] = lab.finish("hello")
    page.set_viewport_size({"width": width, "height": 780})
    look(f"?page=executions&execution={id}")
    page.wait_for_timeout(400)
    page.evaluate(axe)

    assert page.evaluate(RUN) == []


@pytest.mark.parametrize("width", [390, 820])
@pytest.mark.parametrize("name", EVERY)
def test_nothing_sticks_out_of_a_narrow_screen(look, page, name, width):
    page.set_viewport_size({"width": width, "height": 780})
    look(f"?page={name}&span=1h")
    page.wait_for_timeout(300)

    hidden = page.locator(".ff-table, .ff-chips").evaluate_all(
        "all => all.map(one => one.scrollWidth - one.clientWidth)"
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert not any(hidden)
