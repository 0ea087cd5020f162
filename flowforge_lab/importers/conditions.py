"""Conditions of n8n and Node-RED as expressions."""

from collections.abc import Callable, Sequence

from .language import Said, UnknownError

Compare = Callable[[str, str], str]
OPERATIONS: dict[str, Compare] = {
    "equals": "({0} == {1})".format,
    "equal": "({0} == {1})".format,
    "notEquals": "({0} != {1})".format,
    "notEqual": "({0} != {1})".format,
    "contains": "({1} in {0})".format,
    "notContains": "({1} not in {0})".format,
    "startsWith": "{0}.startswith({1})".format,
    "endsWith": "{0}.endswith({1})".format,
    "gt": "({0} > {1})".format,
    "larger": "({0} > {1})".format,
    "gte": "({0} >= {1})".format,
    "largerEqual": "({0} >= {1})".format,
    "lt": "({0} < {1})".format,
    "smaller": "({0} < {1})".format,
    "lte": "({0} <= {1})".format,
    "smallerEqual": "({0} <= {1})".format,
    "lengthEquals": "(len({0}) == {1})".format,
    "lengthGt": "(len({0}) > {1})".format,
    "lengthLt": "(len({0}) < {1})".format,
}
ALONE: dict[str, Callable[[str], str]] = {
    "true": "({0} == True)".format,
    "false": "({0} == False)".format,
    "exists": "(default({0}, None) is not None)".format,
    "notExists": "(default({0}, None) is None)".format,
    "empty": "(default({0}, None) in (None, '', [], {{}}))".format,
    "isEmpty": "(default({0}, None) in (None, '', [], {{}}))".format,
    "notEmpty": "(default({0}, None) not in (None, '', [], {{}}))".format,
    "isNotEmpty": "(default({0}, None) not in (None, '', [], {{}}))".format,
}


def comparison(operation: str, left: Said, right: Said) -> str:
    """Return a comparison as an expression.

    Raises:
        UnknownError: it is none that is known here.
    """
    if operation in ALONE:
        return ALONE[operation](left.text)
    if operation not in OPERATIONS:
        msg = f"the comparison {operation[:40]!r} has no counterpart"
        raise UnknownError(msg)
    return OPERATIONS[operation](left.text, right.text)


def together(parts: Sequence[str], word: str) -> str:
    """Return conditions joined by a word.

    Raises:
        UnknownError: there are none.
    """
    if not parts:
        raise UnknownError("there is no condition in it")
    return parts[0] if len(parts) == 1 else f" {word} ".join(parts)
