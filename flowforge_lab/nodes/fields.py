"""Words for config fields that need more than a plain type: expression, code, secret, file."""

from typing import Annotated, Any

import msgspec
from pydantic import SecretStr, WithJsonSchema

from flowforge_lab.expressions import Role


class Marker(msgspec.Struct, frozen=True):
    """How a config field is read: `expression` as a whole, `verbatim` never, `secret` filled in last."""

    role: Role


class Beside(msgspec.Struct, frozen=True):
    """The field names a file in the workflow's folder; `may_come` says that a step may yet make it."""

    may_come: bool


EXPRESSION = Marker("expression")
VERBATIM = Marker("verbatim")
SECRET = Marker("secret")

Expression = Annotated[Any, EXPRESSION, WithJsonSchema({"type": "string", "format": "expression"})]
"""Written as an expression without braces; the node gets its value."""

AnyValue = Annotated[Any, WithJsonSchema({"title": "Value", "format": "any"})]
"""Any JSON value; texts in it may be templates."""

Sql = Annotated[str, VERBATIM, WithJsonSchema({"type": "string", "format": "sql"})]
"""SQL text; never rendered, so that no value can be spliced into it."""

Python = Annotated[str, VERBATIM, WithJsonSchema({"type": "string", "format": "python"})]
"""Python source; never rendered."""

Text = Annotated[str, WithJsonSchema({"type": "string", "format": "multiline"})]
"""Text of several lines; may be a template."""

Secret = Annotated[
    SecretStr,
    SECRET,
    WithJsonSchema(
        {"type": "string", "format": "secret", "examples": ["{{ secrets.api_token }}"]}
    ),
]
"""Written as `{{ secrets.name }}`; filled in after journaling and shown nowhere."""

DataFile = Annotated[str, Beside(may_come=True)]
"""The path of a file in the workflow's folder; a warning tells if it is not there yet."""

SourceFile = Annotated[str, Beside(may_come=False)]
"""The path of a file that belongs to the workflow as its nodes do; without it the workflow is not valid."""
