"""A file as it flows along an edge: its name, what it is, and its bytes."""

from pydantic import Field

from .models import Model


class FileValue(Model):
    """A file. Large ones are kept in the blob store, like every large value."""

    name: str = Field(description="The name of the file.")
    type: str = Field(default="application/octet-stream", description="The media type.")
    content: bytes = Field(description="The bytes.")
