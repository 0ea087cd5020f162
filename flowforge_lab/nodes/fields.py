"""Words for config fields that need more than a plain type: expression, code, secret, file."""

from typing import Annotated, Any

import msgspec
from pydantic import JsonValue, SecretStr, WithJsonSchema

from flowforge_lab.expressions import Role


class Marker(msgspec.Struct, frozen=True):
    """How a config field is read.

    `expression` as a whole; `verbatim` never; `literal` never, and braces in it are refused; `secret` filled
    in last; `url` as a template whose values are percent-encoded; `html` and `markdown` as templates whose
    values are text, never markup.
    """

    role: Role


class Beside(msgspec.Struct, frozen=True):
    """The field names a file in the workflow's folder; `may_come` says that a step may yet make it."""

    may_come: bool


class ForNotebook(msgspec.Struct, frozen=True):
    """The field holds values, by name, for the parameters of the notebook that the field `path` names."""

    path: str


EXPRESSION = Marker("expression")
VERBATIM = Marker("verbatim")
SECRET = Marker("secret")
LITERAL = Marker("literal")
URL = Marker("url")
HTML = Marker("html")
MARKDOWN = Marker("markdown")

NOTEBOOK_VALUES: dict[str, JsonValue] = {"format": "notebook-parameters"}
"""What the JSON schema says of a field for the parameters of a notebook, beside what its type says."""

Expression = Annotated[Any, EXPRESSION, WithJsonSchema({"type": "string", "format": "expression"})]
"""Written as an expression without braces; the node gets its value."""

AnyValue = Annotated[Any, WithJsonSchema({"title": "Value", "format": "any"})]
"""Any JSON value; texts in it may be templates."""

Sql = Annotated[str, VERBATIM, WithJsonSchema({"type": "string", "format": "sql"})]
"""SQL text; never rendered, so that no value can be spliced into it."""

Python = Annotated[str, VERBATIM, WithJsonSchema({"type": "string", "format": "python"})]
"""Python source; never rendered."""

Switch = Annotated[bool, LITERAL, WithJsonSchema({"type": "boolean", "x-literal": True})]
"""A switch that decides what may be reached or changed: never given by an expression."""

ConnectionName = Annotated[str, LITERAL]
"""The name of a connection: never given by an expression, for it decides whose credentials are used."""

Url = Annotated[str, URL]
"""An address; may be a template. Values within it are percent-encoded, one that is all of it is not."""

Text = Annotated[str, WithJsonSchema({"type": "string", "format": "multiline"})]
"""Text of several lines; may be a template."""

Html = Annotated[str, HTML, WithJsonSchema({"type": "string", "format": "multiline"})]
"""HTML; may be a template, whose values are put in as text."""

Markdown = Annotated[str, MARKDOWN, WithJsonSchema({"type": "string", "format": "multiline"})]
"""Telegram's MarkdownV2; may be a template, whose values are put in as text."""

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
