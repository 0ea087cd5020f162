"""How each place of a config is read, however deep it lies."""

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field

from flowforge_lab.nodes import AnyValue, Expression, Python, Registry, Secret, role_at


class Basic(BaseModel):
    type: Literal["basic"]
    password: Secret


class Bearer(BaseModel):
    type: Literal["bearer"]
    token: Secret
    note: str = ""


class Case(BaseModel):
    when: Expression
    name: str


class Config(BaseModel):
    plain: str = ""
    code: Python = ""
    value: Expression = None
    maybe: Secret | None = None
    described: Annotated[Expression, Field(description="An expression.")] = None
    cases: list[Case] = []
    by_name: dict[str, Case] = {}
    listed: list[Secret] = []
    auth: Annotated[Basic | Bearer, Field(discriminator="type")] | None = None
    deep: dict[str, list[Case | None]] = {}
    anything: AnyValue = None


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ((), None),
        (("plain",), None),
        (("code",), "verbatim"),
        (("value",), "expression"),
        (("value", "rows", 0), "expression"),
        (("maybe",), "secret"),
        (("described",), "expression"),
        (("cases",), None),
        (("cases", 0), None),
        (("cases", 3, "when"), "expression"),
        (("cases", 3, "name"), None),
        (("cases", "when"), None),
        (("by_name", "first", "when"), "expression"),
        (("by_name", "first", "name"), None),
        (("listed", 0), "secret"),
        (("auth", "password"), "secret"),
        (("auth", "token"), "secret"),
        (("auth", "note"), None),
        (("deep", "a", 0, "when"), "expression"),
        (("anything", "x"), None),
        (("nowhere",), None),
        (("plain", "further", 1), None),
    ],
)
def test_the_role_of_a_place_is_that_of_its_field(path, role):
    assert role_at(Config, path) == role


@pytest.mark.parametrize(
    ("kind", "field", "role"),
    [
        ("action.http_request", "allow_private", "literal"),
        ("action.http_request", "connection", "literal"),
        ("action.http_request", "url", "url"),
        ("sql.query", "connection", "literal"),
        ("sql.query", "write", "literal"),
    ],
)
def test_what_decides_about_reach_is_never_given_by_an_expression(kind, field, role):
    assert role_at(Registry().get(kind).config, (field,)) == role
