"""Workflows to be judged."""

from pathlib import Path

from flowforge_lab.nodes import Registry
from flowforge_lab.plan import Surroundings, validate
from flowforge_lab.spec import Document

REGISTRY = Registry(Path(__file__).parents[1] / "kinds")


GOOD = """
inputs: {n: {type: integer, default: 1}}
nodes:
  start: {kind: trigger.manual, next: work}
  work: {kind: action.transform, config: {value: inputs.n}, next: ask}
  ask: {kind: logic.condition, config: {condition: nodes.work.value > 0}, next: {"true": last}}
  last: {kind: flow.end, config: {result: nodes.work.value}}
"""


def problems(text, *, folder=None, **surroundings):
    known = {name: frozenset(names) for name, names in surroundings.items()}
    return validate(Document.parse(text).workflow, REGISTRY, Surroundings(**known, folder=folder))


def only(text, **surroundings):
    [problem] = problems(text, **surroundings)
    return problem
