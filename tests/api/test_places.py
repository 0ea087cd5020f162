"""Every address of the API has a role that somebody has thought of."""

import pytest

from flowforge_lab.api.places import needed_role, place_of, rule_of

CHANGES = {"POST", "PUT", "PATCH", "DELETE"}


def routes_of(lab):
    found = lab.server.front.api.openapi()["paths"]
    assert len(found) > 80
    return [(method.upper(), path) for path, methods in found.items() for method in methods]


def filled(path):
    return path.replace("{", "").replace("}", "")


@pytest.mark.slow
def test_each_route_has_a_rule_or_is_open_to_all_on_purpose(lab):
    access = lab.server.front.api.state.access
    silent = [
        path
        for _, path in routes_of(lab)
        if path.startswith("/api") and not access.is_open(path) and rule_of(filled(path)) is None
    ]

    assert silent == []


@pytest.mark.slow
def test_a_viewer_can_change_nothing_anywhere(lab):
    access = lab.server.front.api.state.access
    by_viewers = {
        (method, path)
        for method, path in routes_of(lab)
        if method in CHANGES
        and not access.is_open(path)
        and needed_role(method, filled(path)) == "viewer"
    }

    assert {path for _, path in by_viewers} == {"/api/me/password", "/api/sessions/{id}"}


@pytest.mark.parametrize("path", ["/api/new-thing", "/api/new-thing/x/y", "/apix", "/api"])
def test_what_has_no_rule_is_an_admins(path):
    is_screen = path == "/apix"

    assert needed_role("GET", path) == ("viewer" if is_screen else "admin")
    assert needed_role("POST", path) == "admin"
    assert place_of("GET", path).kind == "lab"


@pytest.mark.parametrize(
    ("method", "path", "role", "kind"),
    [
        ("GET", "/api/webhooks-test/w/x", "operator", "workflow"),
        ("POST", "/api/history/query", "operator", "lab"),
        ("GET", "/api/history/steps", "viewer", "any"),
        ("PUT", "/api/secrets/x", "admin", "lab"),
        ("GET", "/api/users", "operator", "lab"),
        ("POST", "/api/workflows", "editor", "lab"),
        ("GET", "/api/workflows", "viewer", "any"),
        ("POST", "/api/workflows/w/debug", "operator", "workflow"),
        ("PUT", "/api/workflows/w/pins/n", "editor", "workflow"),
        ("GET", "/api/lab/backup", "admin", "lab"),
        ("POST", "/api/queue/pause", "operator", "lab"),
    ],
)
def test_the_roles_that_matter_are_what_they_are(method, path, role, kind):
    assert (needed_role(method, path), place_of(method, path).kind) == (role, kind)
