"""What stands at `/`, and who is let in to it."""

import pytest

from flowforge_lab.api import Access, Front, Terms, needed_role
from flowforge_lab.api.places import is_of_screen, place_of


def test_says_how_to_get_the_dashboard_where_it_is_not_installed(http):
    got = http.get("/")

    assert got.status_code == 200
    assert "pip install" in got.text
    assert "flowforge-lab[server,ui]" in got.text


@pytest.mark.parametrize(("cookie", "theme"), [("", "dark"), ("light", "light"), ('"><b', "dark")])
def test_the_login_is_lit_as_the_dashboard(http, cookie, theme):
    got = http.get("/login", headers={"Cookie": f"flowforge_theme={cookie}"})

    assert f'data-ff-theme="{theme}"' in got.text


@pytest.mark.parametrize("path", ["/", "/ws", "/static/js/bokeh.min.js", "/components/x.js"])
def test_the_addresses_of_the_dashboard_are_for_whoever_sees_any_workflow(path):
    assert is_of_screen(path)
    assert place_of("GET", path).kind == "any"
    assert needed_role("GET", path) == "viewer"


@pytest.mark.parametrize("path", ["/api/executions", "/wsx", "/metrics", "/login", "/waits/a"])
def test_other_addresses_are_not_the_dashboards(path):
    assert not is_of_screen(path)


def test_a_dashboard_takes_only_its_own_addresses(lab):
    asked = []

    async def screen(scope, receive, send):
        asked.append(scope["path"])

    access = Access(lab.parts.access, lab.parts.clock, Terms())
    front = Front(lab.parts, access, screen)

    async def ask(path):
        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": b"",
            "headers": [(b"host", b"localhost")],
        }
        sent = []

        async def send(message):
            sent.append(message)

        await front(scope, lambda: None, send)
        return sent

    lab.run(ask("/"))
    lab.run(ask("/static/x.js"))
    found = lab.run(ask("/health/live"))

    assert asked == ["/", "/static/x.js"]
    assert found[0]["status"] == 200


def test_what_a_role_that_was_taken_away_allowed_is_over(lab):
    access = Access(lab.parts.access, lab.parts.clock, Terms())
    gate = lab.parts.access
    gate.accounts.add("eve", "correct horse battery", role="editor")
    cookie = gate.sessions.open("eve")
    caller = access.find({"cookie": f"flowforge_session={cookie}"})

    gate.accounts.grant("eve", "viewer")
    lower = access.renew(caller)
    gate.sessions.end_of("eve")

    assert (caller.role, lower.role, access.renew(caller)) == ("editor", "viewer", None)
    gate.accounts.remove("eve")
