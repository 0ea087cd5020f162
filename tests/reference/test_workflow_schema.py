"""The published JSON Schema: what our reader accepts it accepts, and it finds what is wrong in form."""

from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from flowforge_lab.nodes import Registry
from flowforge_lab.reference import workflow_schema

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(ROOT.glob("examples/**/*.flow.yaml"))


@pytest.fixture(scope="module")
def schema():
    return workflow_schema(Registry())


@pytest.fixture(scope="module")
def faults(schema):
    """Return the places of what the schema finds wrong in a YAML text."""
    judge = jsonschema.Draft202012Validator(schema)

    def find(text):
        document = YAML(typ="safe").load(text)
        return ["/".join(map(str, error.absolute_path)) for error in judge.iter_errors(document)]

    return find


def node(kind, config, more=""):
    return f"nodes:\n  n: {{kind: {kind}, config: {config}{more}}}\n"


@pytest.mark.slow
def test_the_schema_is_a_valid_schema(schema):
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_fits(faults, path):
    assert faults(path.read_text()) == []


@pytest.mark.parametrize(
    "text",
    [
        node("flow.delay", "{duration: 10m}"),
        node("flow.delay", "{duration: 90}"),
        node("flow.delay", "{duration: '{{ inputs.pause }}'}"),
        node("logic.condition", "{condition: 'input.total > 5'}"),
        node("logic.condition", "{condition: true}"),
        node("action.http_request", "{url: 'http://x', method: '{{ inputs.method }}'}"),
        node("logic.join@1", "{mode: all}"),
        node("sql.query", "{sql: SELECT 1, max_rows: '{{ inputs.rows }}'}"),
        node("sql.query", "{sql: SELECT 1, parameters: {month: '{{ inputs.month }}', n: 3}}"),
        node("action.http_request", "{url: 'http://x', body: {type: json, value: [1]}}"),
        node("action.http_request", "{url: 'http://x', body: '{{ input }}'}"),
        node("flow.end", "{}", ", retry: {attempts: 3, first: 2s}, timeout: 5, x-note: mine"),
        "x-owner: me\nnodes:\n  a: {kind: trigger.manual, next: {out: [b, c.in]}}\n",
    ],
)
def test_what_may_be_written_fits(faults, text):
    assert faults(text) == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (node("flow.dealy", "{}"), "nodes/n/kind"),
        (node("flow.delay", "{duration: soon}"), "nodes/n/config/duration"),
        (node("flow.delay", "{durtion: 1m}"), "nodes/n/config"),
        (node("logic.join", "{mode: some}"), "nodes/n/config/mode"),
        (node("logic.join", "{count: [1]}"), "nodes/n/config/count"),
        (node("sql.query", "{}"), "nodes/n/config"),
        (node("data.frame", "{operations: [{op: sort}]}"), "nodes/n/config/operations"),
        ("nodes:\n  n: {kind: logic.condition}\n", "nodes/n"),
        ("nodes:\n  '1n': {kind: trigger.manual}\n", "nodes"),
        ("nodes:\n  n: {kind: trigger.manual, retry: {attempts: 0}}\n", "nodes/n/retry"),
        ("nodez: {}\n", ""),
    ],
)
def test_what_is_wrong_in_form_is_found_at_its_place(faults, text, place):
    assert any(found.startswith(place) for found in faults(text))


def test_each_kind_has_its_config_with_titles_for_completion(schema):
    kinds = schema["$defs"]["Node"]["properties"]["kind"]["anyOf"][0]["enum"]

    assert sorted(kinds) == sorted(Registry().kinds())
    assert all(kind in schema["$defs"] for kind in kinds)
