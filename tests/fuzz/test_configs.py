"""Whatever stands in a config, it is judged in a moment: problems come back, and nothing is thrown."""

import contextlib
import os
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given, settings
from pydantic import ValidationError

from flowforge_lab.errors import Problem
from flowforge_lab.nodes import Registry
from flowforge_lab.plan import Surroundings, validate
from flowforge_lab.spec import Workflow
from flowforge_lab.spec.lenient import read_workflow
from tests.fuzz.making import makers

pytestmark = pytest.mark.slow
REGISTRY = Registry()
KNOWN = Surroundings(frozenset({"crm"}), frozenset({"token"}), Path(__file__).parent)
SECONDS = 5  # on a busy machine; a tenth of it is much
many = settings(max_examples=int(os.environ.get("FLOWFORGE_FUZZ_EXAMPLES", "40")))
START = {"kind": "trigger.manual", "next": "x"}


@pytest.fixture(scope="module", autouse=True)
def patience():
    """Import what the first judgement imports, so that no config is blamed for it."""
    import jsonschema  # noqa: F401  # it takes seconds


@pytest.mark.parametrize("name", REGISTRY.kinds())
@given(maker=makers())
@many
def test_a_config_is_taken_or_refused(name, maker):
    kind = REGISTRY.get(name)
    config = maker.config(kind)
    if not is_text(config):
        return

    with contextlib.suppress(ValidationError):
        kind.config.model_validate(config)


@pytest.mark.parametrize("name", REGISTRY.kinds())
@given(maker=makers())
@many
def test_a_workflow_with_it_is_judged(name, maker):
    config = maker.config(REGISTRY.get(name))
    written = {"nodes": {"start": START, "x": {"kind": name, "config": config}}}
    begun = perf_counter()

    workflow, problems = read_workflow(written, stem="tried")
    problems += validate(workflow, REGISTRY, KNOWN)

    assert isinstance(workflow, Workflow)
    assert all(isinstance(one, Problem) and str(one) for one in problems)
    assert perf_counter() - begun < SECONDS


def is_text(value):
    """Whether all texts in it are whole: a document with half a character cannot be read at all."""
    try:
        repr(value).encode()
    except UnicodeEncodeError:
        return False
    return "\\ud800" not in repr(value)
