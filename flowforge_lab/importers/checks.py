"""Whether what was translated is an expression of ours."""

from flowforge_lab.errors import ExpressionError
from flowforge_lab.expressions import parse_expression

from .language import Said, UnknownError


def checked(said: Said) -> Said:
    """Return an expression that our own parser takes.

    Raises:
        UnknownError: it does not.
    """
    try:
        parse_expression(said.text)
    except ExpressionError as error:
        msg = f"it cannot be said here: {error.message}"
        raise UnknownError(msg) from error
    return said
