"""Start the workflow by an HTTP request, and answer it at once or with the result.

While the workflow is active and `flowforge serve` is up, the address is
`/api/webhooks/<workflow>/<path>`; with `/api/webhooks-test/` in front it starts the workflow as its file is
now, active or not, and needs the credentials of the REST API. The request is what the trigger hands on:
`trigger.body`, `trigger.query.page`, `trigger.params.id` for a path such as `orders/{id}`. Of a body that is
an object, fields that the workflow declares as `inputs` become those, checked as ever.

JSON, forms, multipart and text are read by their content type; anything else, and what `body: raw` asks for,
is bytes. Credentials are checked before anything is kept, and are never part of the request that is kept.
The execution stands in the journal before the caller hears of it. `answer: at_once` says 202 and its id;
`with_result` waits for the end, and says the result, or after `wait` 202 as well.

A caller that sends the header `Idempotency-Key` starts one execution for it, however often it calls, and gets
the same answer. A signature with a time stamp counts as such a key.

Best practice: take `hmac` with a time stamp where the other side can sign, a token else; `none` only where
anybody may call. Answer `at_once` unless the caller needs the result.
Troubleshooting: 404 is no such path or the workflow is not active, 401 wrong credentials (the text says
which part), 413 a body over `max_body`. `flowforge webhooks` lists what is served, and
`flowforge webhooks replay` sends a request again that was kept. Started by hand, the inputs are the body.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ByteSize, ConfigDict, Field, model_validator

from flowforge_lab.nodes import (
    LITERAL,
    VERBATIM,
    AnswerWith,
    Attempt,
    CallerAuth,
    HeaderName,
    Model,
    NoAuth,
    node_type,
)
from flowforge_lab.values import Duration

_SEGMENT = re.compile(r"[A-Za-z0-9._~-]+|\{[a-z_][a-z0-9_]*\}")
_MAX_BODY = 64_000_000
Method = Literal["ANY", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


def _path(text: str) -> str:
    for segment in text.split("/") if text else ():
        if not _SEGMENT.fullmatch(segment) or segment in {".", ".."}:
            msg = (
                f"expected parts such as 'orders' or '{{id}}' with '/' between, found {segment!r}"
            )
            raise ValueError(msg)
    return text


class Config(Model):
    """Which requests start the workflow, and what they are answered."""

    path: Annotated[str, VERBATIM, AfterValidator(_path)] = Field(
        default="",
        description="What follows the workflow's id in the address; `{id}` takes any one part.",
        examples=["orders/{id}"],
    )
    method: Method = Field(default="POST", description="The HTTP method.")
    auth: CallerAuth = Field(
        default=NoAuth(type="none"), description="How callers prove who they are."
    )
    body: Literal["auto", "json", "form", "raw"] = Field(
        default="auto", description="How the body is read; `auto` goes by its content type."
    )
    max_body: Annotated[ByteSize, Field(ge=0, le=_MAX_BODY)] = Field(
        default=ByteSize(1_000_000), description="How large a body may be, in bytes or as `5 MB`."
    )
    answer: Literal["at_once", "with_result"] = Field(
        default="at_once", description="When the caller is answered."
    )
    response: AnswerWith = Field(
        default_factory=dict,
        description="Status, headers and body of the answer; expressions may name `trigger`, `inputs` and"
        " `execution`, with the result also `result`, `nodes` and `execution.status`.",
        examples=[{"status": "201", "body": "{'order': result.id}"}],
    )
    wait: Duration = Field(
        default=30.0, gt=0, le=600, description="How long `with_result` waits for the end."
    )
    idempotency_header: HeaderName = Field(
        default="Idempotency-Key",
        description="The header of a key that starts one execution only; empty: none does.",
    )
    idempotency_window: Annotated[Duration, LITERAL] = Field(
        default=86400.0, gt=0, description="How long such a key counts."
    )


class Request(Model):
    """The request, as far as it is kept."""

    model_config = ConfigDict(extra="ignore")

    method: str = Field(default="", description="The method; empty when started by hand.")
    path: str = Field(default="", description="The path behind the workflow's id.")
    params: dict[str, str] = Field(default_factory=dict, description="The parts of the path.")
    query: dict[str, Any] = Field(
        default_factory=dict, description="The query: texts, or a list where a name comes twice."
    )
    headers: dict[str, str] = Field(
        default_factory=dict, description="Headers by lower-case name, without credentials."
    )
    body: Any = Field(default=None, description="The body, read by its content type.")
    files: dict[str, Any] = Field(
        default_factory=dict,
        description="Files of a multipart body: filename, content_type, size and content.",
    )
    client: str = Field(default="", description="The caller's network address.")
    is_test: bool = Field(default=False, description="Whether it came to the test address.")


class Inputs(Request):
    """The request; by hand the inputs of the execution, which are the body then."""

    @model_validator(mode="before")
    @classmethod
    def _by_hand(cls, given: Any) -> Any:
        if isinstance(given, Mapping) and "method" not in given:
            return {"body": dict(given) or None}
        return given


@node_type(
    "trigger.webhook",
    title="Webhook",
    outputs=Request,
    takes=(),
    icon="webhook",
    color="#16a34a",
    keywords=("http", "request", "api", "post", "hook", "url", "endpoint", "receive"),
)
async def webhook(config: Config, inputs: Inputs, attempt: Attempt) -> Request:
    """Hand the request on."""
    return inputs
