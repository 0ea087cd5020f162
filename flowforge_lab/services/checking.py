"""All that is wrong with a document: its form and its meaning, each fault once and with its line."""

import msgspec

from flowforge_lab.errors import Problem
from flowforge_lab.nodes import Registry
from flowforge_lab.plan import Surroundings, validate
from flowforge_lab.spec import Document


def find_problems(
    document: Document, registry: Registry, surroundings: Surroundings
) -> list[Problem]:
    """Return everything that is wrong with a document, errors first, each with its line."""
    surroundings = surroundings.of_file(document.path)
    known = {one.node for one in document.problems if one.node and not one.field}
    found = [*document.problems, *validate(document.workflow, registry, surroundings)]
    told = dict.fromkeys(problem for problem in found if problem.node not in known or problem.line)
    placed = [msgspec.structs.replace(problem, line=document.line_of(problem)) for problem in told]
    return sorted(placed, key=lambda problem: problem.severity != "error")
