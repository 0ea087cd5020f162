import duckdb
import pytest

from flowforge_lab.clients import Clients, HttpRequest, credentials_of
from flowforge_lab.errors import NodeError, NotFoundError, SettingsError
from flowforge_lab.testing import Reply

CRM = {
    "kind": "http",
    "base_url": "https://crm.example/v1",
    "auth": {"type": "bearer", "token": "{{ secrets.crm }}"},
}


def lab(tmp_path, **connections):
    return Clients(connections=connections, folder=tmp_path, secret={"crm": "t0ken"}.__getitem__)


def test_the_secrets_a_connection_needs_are_known_without_opening_it():
    auth = {"type": "basic", "user": "{{ secrets.a }}", "password": "{{secrets.b}}"}
    told = {"api": {"kind": "http", "auth": auth}, "bad": 5}

    assert credentials_of(told) == {"api": {"a", "b"}, "bad": set()}


def test_a_request_gets_address_headers_and_secret(tmp_path):
    connections = lab(
        tmp_path, crm={**CRM, "headers": {"X-Team": "ops", "X-Own": "no"}}
    ).connections

    request = connections.request("crm", HttpRequest(url="/users", headers={"X-Own": "yes"}))

    assert request.url == "https://crm.example/v1/users"
    assert request.headers == {"X-Team": "ops", "X-Own": "yes"}
    assert request.auth.token.get_secret_value() == "t0ken"
    assert "t0ken" not in repr(request)


@pytest.mark.parametrize("url", ["https://evil.example/x", "http://crm.example/v1/x"])
def test_its_credentials_stay_at_home(tmp_path, url):
    connections = lab(tmp_path, crm=CRM).connections

    with pytest.raises(NodeError) as caught:
        connections.request("crm", HttpRequest(url=url))

    assert caught.value.type == "http.blocked"


def test_an_address_without_scheme_is_a_path(tmp_path):
    connections = lab(tmp_path, crm=CRM).connections

    request = connections.request("crm", HttpRequest(url="//evil.example"))

    assert request.url == "https://crm.example/v1/evil.example"


def test_an_unknown_name_gets_the_nearest(tmp_path):
    with pytest.raises(NotFoundError, match="did you mean 'crm'"):
        lab(tmp_path, crm=CRM).connections.get("crn")


@pytest.mark.parametrize(
    ("name", "said"),
    [("a", "connections.a"), ("b", "connections.b"), ("c", "ftp")],
)
def test_a_connection_that_is_set_up_wrongly_is_told_when_used_and_hurts_no_other(
    tmp_path, name, said
):
    connections = lab(
        tmp_path,
        a={"kind": "http", "base_url": "nowhere"},
        b={"kind": "duckdb"},
        c={"kind": "ftp"},
        good={"kind": "duckdb", "path": "lake.duckdb"},
    ).connections

    assert connections.get("good")
    with pytest.raises(SettingsError, match=said):
        connections.get(name)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kin": "htp"}, "connections.y: expected 'kind', one of 'http', .*; found 'kin'; did you mean 'kind'"),
        ({}, "connections.y: expected 'kind', one of 'http', .*'telegram'$"),
        ({"kind": "htp"}, "to be one of 'http', .*; found 'htp'; did you mean 'http'"),
        ({"kind": "http", "base_ul": "http://a"}, "connections.y.base_url: required, but not set"),
        ({"kind": "http", "base_ul": "http://a"}, "connections.y.base_ul: unknown field; .*; did you mean 'base_url'"),
        ({"kind": "http", "base_url": "http://a", "auth": {"type": "basc"}}, "connections.y.auth: expected 'type' .*'basic'"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_connection_is_told_in_words_of_its_file(tmp_path, fields, said):
    with pytest.raises(SettingsError, match=said):
        lab(tmp_path, y=fields).connections.get("y")


def test_what_is_wrong_with_a_connection_tells_no_value_of_it(tmp_path):
    fields = {"kind": "smtp", "host": "a", "password": ["s3cret"], "security": "s3cret"}

    fault = lab(tmp_path, y=fields).connections.faults["y"]

    assert "s3cret" not in fault
    assert "connections.y.password: " in fault


def test_a_connection_that_is_set_up_wrongly_fails_its_test(run, tmp_path):
    tested = run(lab(tmp_path, y={"kin": "htp"}).connections.test("y"))

    assert (tested.is_ok, "found 'kin'" in tested.message) == (False, True)


def test_a_connection_of_another_kind_is_refused(tmp_path):
    connections = lab(tmp_path, lake={"kind": "duckdb", "path": "lake.duckdb"}).connections

    with pytest.raises(NodeError, match="'lake' is 'duckdb'"):
        connections.request("lake", HttpRequest(url="/"))


def test_a_database_lies_in_the_folder_of_the_lab(tmp_path):
    connections = lab(tmp_path, lake={"kind": "duckdb", "path": "x/lake.duckdb"}).connections

    assert connections.database("lake") == (tmp_path / "x/lake.duckdb", True)


def test_a_test_call_tells_that_a_service_works(run, tmp_path, server):
    server.tell("/well", Reply())
    service = {
        "kind": "http",
        "base_url": server.url(),
        "allow_private": True,
        "test_path": "/well",
    }
    clients = lab(tmp_path, service=service)

    tested = run(clients.connections.test("service"))

    assert tested.is_ok
    run(clients.close())


@pytest.mark.parametrize("status", [401, 500])
def test_a_test_call_tells_what_fails(run, tmp_path, server, status):
    server.tell("/", Reply(status=status))
    service = {"kind": "http", "base_url": server.url(""), "allow_private": True}
    clients = lab(tmp_path, service=service)

    tested = run(clients.connections.test("service"))

    assert not tested.is_ok
    assert str(status) in tested.message
    run(clients.close())


def test_a_test_call_opens_the_database(run, tmp_path):
    duckdb.connect(tmp_path / "lake.duckdb").close()
    clients = lab(
        tmp_path,
        lake={"kind": "duckdb", "path": "lake.duckdb"},
        gone={"kind": "duckdb", "path": "no.duckdb"},
    )

    assert run(clients.connections.test("lake")).message == "lake.duckdb has 0 tables"
    assert not run(clients.connections.test("gone")).is_ok
    run(clients.close())


def test_a_missing_secret_is_told_by_the_test_call(run, tmp_path):
    clients = Clients(connections={"crm": CRM}, folder=tmp_path)

    assert "no secret 'crm'" in run(clients.connections.test("crm")).message
    run(clients.close())
