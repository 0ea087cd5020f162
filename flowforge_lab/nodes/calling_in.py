"""What a trigger says of those who call it: how they prove who they are, and what they are answered."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from flowforge_lab.expressions import Compiled, Role, compile_value
from flowforge_lab.values import Duration

from .fields import LITERAL, VERBATIM, AnyValue, Secret
from .models import Model

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_FIRST_STATUS, _LAST_STATUS = 200, 599
_KNOWN = frozenset(("result", "trigger", "inputs", "execution", "nodes", "now"))
_SET_BY_US = frozenset(("connection", "content-length", "date", "server", "transfer-encoding"))
_PLACES = re.compile(r"\{(\w*)\}")


def _header(name: str) -> str:
    if name and not _HEADER.fullmatch(name):
        msg = f"{name!r} cannot be the name of a header"
        raise ValueError(msg)
    return name


HeaderName = Annotated[str, LITERAL, AfterValidator(_header)]


class NoAuth(Model):
    """Whoever knows the address may call."""

    type: Literal["none"] = Field(description="Whoever knows the address may call.")


class TokenAuth(Model):
    """A token in a header."""

    type: Literal["token"] = Field(description="A token in a header.")
    token: Secret = Field(description="The token.")
    header: HeaderName = Field(
        default="Authorization",
        min_length=1,
        description="The header it comes in; `Bearer` before it is passed over.",
    )


class UserAuth(Model):
    """User and password, by HTTP basic authentication."""

    type: Literal["basic"] = Field(description="User and password.")
    user: Annotated[str, LITERAL] = Field(min_length=1, description="The user's name.")
    password: Secret = Field(description="The password.")


class HmacAuth(Model):
    """A signature over the body, made with a secret that both sides know."""

    type: Literal["hmac"] = Field(description="A signature over time stamp and body.")
    secret: Secret = Field(description="The secret that both sides know.")
    header: HeaderName = Field(
        default="X-Signature-256", min_length=1, description="The header of the signature."
    )
    prefix: Annotated[str, LITERAL] = Field(
        default="sha256=", description="What stands before the signature in it."
    )
    algorithm: Literal["sha256", "sha512", "sha1"] = Field(
        default="sha256", description="The hash."
    )
    encoding: Literal["hex", "base64"] = Field(
        default="hex", description="How the signature is written."
    )
    signs: Annotated[str, VERBATIM] = Field(
        default="{timestamp}.{body}",
        description="What is signed; `{body}` alone accepts a call that somebody recorded, for ever.",
        examples=["v0:{timestamp}:{body}", "{body}"],
    )
    timestamp_header: HeaderName = Field(
        default="X-Timestamp",
        description="The header of the time stamp: seconds or milliseconds since 1970, or ISO 8601.",
    )
    tolerance: Duration = Field(
        default=300.0, gt=0, description="How far the time stamp may be from our clock."
    )

    @model_validator(mode="after")
    def _signs_the_body(self) -> "HmacAuth":
        places = _PLACES.findall(self.signs)
        if (
            sorted(set(places)) not in (["body"], ["body", "timestamp"])
            or places.count("body") > 1
        ):
            msg = "signs: expected '{body}', with or without '{timestamp}', and no other place"
            raise ValueError(msg)
        if "timestamp" in places and not self.timestamp_header:
            msg = "signs: there is a {timestamp}; name the timestamp_header it comes in"
            raise ValueError(msg)
        return self


CallerAuth = Annotated[
    NoAuth | TokenAuth | UserAuth | HmacAuth,
    Field(discriminator="type"),
]


def _answering(path: tuple[str | int, ...]) -> Role:
    return "expression" if path in {("status",), ("body",)} else "template"


def compile_answer(answer: dict[str, Any]) -> Compiled:
    """Return what is answered (`status`, `headers`, `body`), compiled.

    `status` and `body` are expressions, the headers templates; so are texts within a body that is a list
    or a mapping.
    """
    return compile_value(answer, role_of=_answering)


def _checked(answer: dict[str, Any]) -> dict[str, Any]:
    strange = sorted(answer.keys() - {"status", "headers", "body"})
    if strange:
        msg = f"expected status, headers and body, found {strange[0]!r}"
        raise ValueError(msg)
    _check_status(answer.get("status", "200"))
    _check_headers(answer.get("headers", {}))
    compiled = compile_answer(answer)
    if compiled.problems:
        path, error = compiled.problems[0]
        msg = f"{'.'.join(map(str, path))}: {error}"
        raise ValueError(msg)
    unknown = sorted(compiled.names - _KNOWN)
    if unknown:
        msg = f"unknown name {unknown[0]!r}; an answer may name {', '.join(sorted(_KNOWN - {'now'}))}"
        raise ValueError(msg)
    return answer


def _check_status(status: Any) -> None:
    is_number = type(status) is int and _FIRST_STATUS <= status <= _LAST_STATUS
    if not (is_number or isinstance(status, str)):
        expected = f"a number from {_FIRST_STATUS} to {_LAST_STATUS}, or an expression"
        msg = f"status: expected {expected}, found {status!r:.50}"
        raise ValueError(msg)


def _check_headers(headers: Any) -> None:
    if not isinstance(headers, dict):
        msg = f"headers: expected a mapping, found {type(headers).__name__}"
        raise ValueError(msg)  # noqa: TRY004  # pydantic turns this one into a problem
    for name in headers:
        if not isinstance(name, str) or not _header(name) or name.lower() in _SET_BY_US:
            msg = f"headers: {name!r} is not for an answer to set"
            raise ValueError(msg)


AnswerWith = Annotated[
    dict[str, AnyValue],
    VERBATIM,
    AfterValidator(_checked),
    WithJsonSchema(
        {
            "type": "object",
            "title": "Answer",
            "properties": {
                "status": {
                    "anyOf": [
                        {"type": "integer", "minimum": _FIRST_STATUS, "maximum": _LAST_STATUS},
                        {"type": "string", "format": "expression"},
                    ]
                },
                "headers": {"type": "object", "additionalProperties": {"type": "string"}},
                "body": {"format": "any"},
            },
            "additionalProperties": False,
        }
    ),
]
"""Status, headers and body of an answer, by expressions over what an execution came to."""
