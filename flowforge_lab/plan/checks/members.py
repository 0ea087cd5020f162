"""Names behind a dot are such as what stands before it can have, where that is known."""

from collections.abc import Iterator, Sequence

from flowforge_lab.errors import Problem
from flowforge_lab.expressions import MEMBERS, Compiled, Member, Reference
from flowforge_lab.plan.draft import Draft
from flowforge_lab.spec import did_you_mean

from .expressions import Place, field_of

_INPUTS = {
    "string": "text",
    "integer": "a number",
    "number": "a number",
    "boolean": "True or False",
}
"""What stands for an input of a type; of the other types no more is known than that they are values."""
_DEPTH = 2  # inputs.name: what comes behind is asked of its value


def check(draft: Draft) -> Iterator[Problem]:
    """Yield a problem for each name that certainly does not exist, unless `default()` stands in."""
    for id, compiled in (*draft.compiled.items(), *draft.each_turn.items()):
        if id not in draft.idle:
            yield from _judged(draft, id, compiled)


def _judged(draft: Draft, id: str, compiled: Compiled) -> Iterator[Problem]:
    for path, member in compiled.members:
        if not member.is_optional:
            yield from _judge_member(draft, Place(id, field_of(path)), member)
    for path, reference in compiled.references:
        if reference.path[0] == "inputs" and not reference.is_optional:
            yield from _judge_input(draft, Place(id, field_of(path)), reference)


def _judge_member(draft: Draft, place: Place, member: Member) -> Iterator[Problem]:
    owner = member.owner
    if member.path[:1] == ("inputs",):
        value, wrong = _walked(draft, member.path)
        owner = "" if wrong is not None else value
    known = MEMBERS[owner]
    if member.name in known:
        return
    what = f"{owner} has no" if owner else "nothing has a method"
    text = f"{what} {member.name!r} at character {member.offset + 1}"
    yield place.problem("expression.name", text, did_you_mean(member.name, known))


def _judge_input(draft: Draft, place: Place, reference: Reference) -> Iterator[Problem]:
    value, wrong = _walked(draft, reference.path)
    if wrong is None:
        return
    key, offset = reference.path[wrong], reference.offsets[wrong]
    field = draft.workflow.inputs[str(reference.path[1])]
    text = f"input {reference.path[1]!r} is of type {field.type} and has no {key!r} at character {offset + 1}"
    known = MEMBERS[value] if value == "text" else ()
    hint = f"call it: {key}()" if key in known else did_you_mean(str(key), known)
    yield place.problem("expression.name", text, hint)


def _walked(draft: Draft, path: Sequence[str | int]) -> tuple[str, int | None]:
    """Return what lies at a path of an input, `""` if unknown, and which key of it cannot exist, if one.

    A text has characters by number, each a text; numbers and truths have nothing.
    """
    field = draft.workflow.inputs.get(str(path[1])) if len(path) > 1 else None
    value = "" if field is None else _INPUTS.get(field.type, "")
    for place, key in enumerate(path[_DEPTH:], _DEPTH):
        if value and (value != "text" or isinstance(key, str)):
            return value, place
    return value, None
