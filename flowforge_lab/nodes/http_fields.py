"""The parts of an HTTP request as its form asks for them: bodies, ways to authenticate, pages."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from .fields import AnyValue, DataFile, Expression, Secret
from .models import Model


class JsonBody(Model):
    """A body of JSON."""

    type: Literal["json"] = Field(description="A body of JSON.")
    value: AnyValue = Field(default=None, description="The value; texts in it may be templates.")


class FormBody(Model):
    """A body of form fields."""

    type: Literal["form"] = Field(description="A body of form fields.")
    fields: dict[str, AnyValue] = Field(description="The fields; a list gives several values.")


class FilePart(Model):
    """A file to send."""

    field: str = Field(default="file", description="The name of the form field.")
    path: DataFile = Field(default="", description="The file, relative to the workflow's folder.")
    content: Expression = Field(
        default=None,
        description="Instead of a path: bytes, text, or a file of an earlier step.",
        examples=["nodes.report.file"],
    )
    name: str = Field(default="", description="The name to send it under; by default its own.")
    type: str = Field(default="", description="The media type; by default by its name.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if bool(self.path) == ("content" in self.model_fields_set):
            msg = "expected either 'path' or 'content'"
            raise ValueError(msg)
        return self


class MultipartBody(Model):
    """A body of form fields and files."""

    type: Literal["multipart"] = Field(description="A body of form fields and files.")
    fields: dict[str, AnyValue] = Field(default_factory=dict, description="The fields.")
    files: list[FilePart] = Field(default_factory=list, description="The files.")


class RawBody(Model):
    """A body of text or bytes as it is."""

    type: Literal["raw"] = Field(description="A body of text or bytes as it is.")
    content: AnyValue = Field(description="Text, or bytes from an earlier step.")
    content_type: str = Field(default="text/plain; charset=utf-8", description="Its media type.")


class BasicAuth(Model):
    """User and password."""

    type: Literal["basic"] = Field(description="User and password.")
    user: str = Field(description="The user's name.")
    password: Secret = Field(description="The password.")


class BearerAuth(Model):
    """A token."""

    type: Literal["bearer"] = Field(description="A token.")
    token: Secret = Field(description="The token.")


class HeaderAuth(Model):
    """A header of the service's own."""

    type: Literal["header"] = Field(description="A header of the service's own.")
    name: str = Field(description="The header's name.", examples=["X-Api-Key"])
    value: Secret = Field(description="The header's value.")


class ClientCredentials(Model):
    """OAuth2 client credentials."""

    type: Literal["oauth2"] = Field(description="OAuth2 client credentials.")
    token_url: str = Field(description="Where a token is asked for.")
    client_id: str = Field(description="The client's id.")
    client_secret: Secret = Field(description="The client's secret.")
    scope: str = Field(default="", description="The scopes to ask for, with spaces between.")


class LinkPaging(Model):
    """The address of the next page stands in the answer."""

    type: Literal["link"] = Field(description="The address of the next page is in the answer.")
    path: str = Field(default="", description="Where in the body; empty reads the header `Link`.")
    items: str = Field(default="", description="Where in the body the list is.")
    max_pages: int = Field(default=100, ge=1, le=10_000, description="Where to stop.")


class NumberPaging(Model):
    """Pages are numbered."""

    type: Literal["number"] = Field(description="Pages have numbers; an empty one is the last.")
    parameter: str = Field(default="page", description="The query parameter.")
    first: int = Field(default=1, description="The number of the first page.")
    step: int = Field(default=1, ge=1, description="What is added; for offsets the page's size.")
    items: str = Field(default="", description="Where in the body the list is.")
    max_pages: int = Field(default=100, ge=1, le=10_000, description="Where to stop.")


class CursorPaging(Model):
    """Each page names the cursor of the next."""

    type: Literal["cursor"] = Field(description="Each page names the cursor of the next.")
    path: str = Field(description="Where in the body the cursor is.", examples=["meta.next"])
    parameter: str = Field(default="cursor", description="The query parameter.")
    items: str = Field(default="", description="Where in the body the list is.")
    max_pages: int = Field(default=100, ge=1, le=10_000, description="Where to stop.")


Body = Annotated[JsonBody | FormBody | MultipartBody | RawBody, Field(discriminator="type")]
Auth = Annotated[
    BasicAuth | BearerAuth | HeaderAuth | ClientCredentials, Field(discriminator="type")
]
Paging = Annotated[LinkPaging | NumberPaging | CursorPaging, Field(discriminator="type")]
