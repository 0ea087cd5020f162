"""The key that executions are counted by is known before they start."""

import pytest

from flowforge_lab.nodes import Registry
from flowforge_lab.plan import validate
from flowforge_lab.spec import Document

TEXT = """
inputs: {{shop: {{type: string}}}}
settings: {{concurrency: {{limit: 2, key: {key}}}, rate: 10/s}}
nodes:
  start: {{kind: trigger.manual}}
"""


def problems(key):
    return validate(Document.parse(TEXT.format(key=f'"{key}"')).workflow, Registry())


@pytest.mark.parametrize("key", ["{{ inputs.shop }}", "{{ trigger.mail }}/{{ inputs.shop }}", "x"])
def test_a_key_may_use_the_inputs_and_the_trigger(key):
    assert problems(key) == []


@pytest.mark.parametrize(
    ("key", "told", "hint"),
    [
        ("{{ nodes.start.shop }}", "'nodes' is not known before", "it may use trigger and inputs"),
        ("{{ vars.project.x }}", "'vars' is not known before", "it may use"),
        ("{{ input.shop }}", "'input' is not known before", "did you mean 'inputs'?"),
        ("{{ inputs.shpo }}", "the workflow has no input 'shpo'", "did you mean 'shop'?"),
        ("{{ inputs. }}", "", ""),
    ],
)
def test_a_key_that_cannot_be_known_is_a_problem(key, told, hint):
    [found, *_] = problems(key)

    assert (found.field, found.severity) == ("settings.concurrency.key", "error")
    assert told in found.message
    assert hint in found.hint


def test_a_secret_is_no_key():
    assert problems("{{ secrets.token }}")


@pytest.mark.parametrize("rate", ["10", "0/s", "x/s", "10/y", "-1/s"])
def test_what_is_no_rate_is_refused(rate):
    found = Document.parse(TEXT.format(key="x").replace("10/s", f"'{rate}'")).problems

    assert "expected a rate such as '10/s'" in found[0].message
