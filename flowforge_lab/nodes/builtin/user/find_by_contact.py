"""Find a user of the lab by phone number, e-mail address, or both.

Numbers are compared in international form, however they are written: `0151 1234-5678` with `region: DE` is
`+49 151 12345678`. E-mail addresses are compared without regard to case. With both given, both must be the
same user's.

Best practice: take the number from `flow.wait_contact`, which proves whose it is.
Troubleshooting: `user.contact` means that this can be neither a number nor an address. `flowforge users`
lists who is known.
"""

from typing import Self

from pydantic import Field, model_validator

from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import (
    Attempt,
    Emit,
    Model,
    NoInputs,
    Port,
    UserFacts,
    facts_of,
    node_type,
)


class Config(Model):
    """Whose contact it is."""

    phone: str = Field(
        default="", description="The number.", examples=["{{ nodes.ask_phone.phone }}"]
    )
    email: str = Field(
        default="", description="The e-mail address.", examples=["{{ inputs.email }}"]
    )
    region: str = Field(
        default="",
        pattern="^([A-Za-z]{2})?$",
        description="The country of numbers without one, such as `DE`; by default the lab's setting.",
    )

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if not {"phone", "email"} & self.model_fields_set:
            msg = "expected a phone, an email, or both"
            raise ValueError(msg)
        return self


class Outputs(UserFacts):
    """Who it is."""


@node_type(
    "user.find_by_contact",
    title="Find user",
    outputs=Outputs,
    ports=(Port("found", "Found", "value"), Port("not_found", "Not found", "value")),
    icon="search",
    color="#db2777",
    effects="reads",
    keywords=("phone", "email", "directory", "customer", "lookup"),
)
async def find_by_contact(config: Config, inputs: NoInputs, attempt: Attempt) -> Emit:
    """Look into the directory."""
    if not (config.phone.strip() or config.email.strip()):
        title = "neither a phone number nor an e-mail address is given"
        raise NodeError(title, type="user.contact", is_transient=False)
    try:
        user = await attempt.users.find(
            phone=config.phone, email=config.email, region=config.region
        )
    except ValueError as error:
        raise NodeError(str(error), type="user.contact", is_transient=False) from error
    return Emit(Outputs(**facts_of(user)), "found" if user else "not_found")
