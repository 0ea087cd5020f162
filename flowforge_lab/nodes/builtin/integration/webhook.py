"""Tell another service of something by a webhook: signed, retried, with an id that stays the same.

The body is `{"type": ..., "timestamp": ..., "data": ...}`; the headers are those of standardwebhooks.com:
`webhook-id` is the same for every attempt of this step, so that the other side can drop what it has;
`webhook-timestamp` is of this attempt; `webhook-signature` is an HMAC over both and the body with each of the
`secrets` (`whsec_...`), several while one is being changed.

An attempt that fails by time, connection, 408, 429 or 5xx is made again as the node's `retry` says, by
default too, and `Retry-After` is honoured. Redirects are not followed: they are an address that has changed.

Best practice: one secret for each receiver; send ids and let the receiver ask for the rest.
Troubleshooting: `http.status` 401 mostly is a wrong secret or a clock that is wrong; 410 says that nobody
wants this webhook any more; `webhook.secret` a secret that is not in base64.
"""

import hashlib
from typing import Literal

from pydantic import Field

from flowforge_lab import clients
from flowforge_lab.clients import webhook_headers
from flowforge_lab.clock import SystemClock
from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import (
    AnyValue,
    Attempt,
    ConnectionName,
    Expression,
    Model,
    NoInputs,
    Secret,
    Switch,
    Url,
    node_type,
)
from flowforge_lab.values import Duration


class Config(Model):
    """Whom to tell, of what, and how to sign it."""

    url: Url = Field(
        default="",
        description="The receiver's address, or with a connection what follows its base address.",
        examples=["https://shop.example.com/hooks/flowforge"],
    )
    connection: ConnectionName = Field(default="", description="A connection of the kind `http`.")
    event: str = Field(min_length=1, description="What happened.", examples=["order.approved"])
    data: AnyValue = Field(
        default=None, description="What there is to tell; by default what came in."
    )
    source: Expression = Field(
        default=None, description="The same by an expression.", examples=["nodes.order.value"]
    )
    secrets: list[Secret] = Field(
        default_factory=list, max_length=5, description="The keys to sign with; none signs not."
    )
    method: Literal["POST", "PUT"] = Field(default="POST", description="The HTTP method.")
    headers: dict[str, str] = Field(default_factory=dict, description="Further headers.")
    timeout: Duration = Field(default=15.0, gt=0, description="How long an attempt may take.")
    allow_private: Switch = Field(
        default=False, description="Whether addresses inside the own network may be told."
    )


class Outputs(Model):
    """What the receiver said."""

    id: str = Field(description="The id of the message.")
    status: int = Field(description="The status of the answer.")
    body: str = Field(description="The start of the answer.")


@node_type(
    "integration.webhook",
    title="Send webhook",
    outputs=Outputs,
    icon="webhook",
    color="#9333ea",
    effects="writes",
    is_idempotent=False,
    is_keyed=lambda _config: True,
    keywords=("hook", "event", "notify", "signature", "hmac", "integration"),
)
async def webhook(config: Config, inputs: NoInputs, attempt: Attempt) -> Outputs:
    """Sign the message and send it."""
    now = SystemClock().now()
    message_id = f"msg_{hashlib.sha256(attempt.idempotency_key.encode()).hexdigest()[:32]}"
    body = _body(config, attempt)
    keys = [secret.get_secret_value() for secret in config.secrets]
    request = clients.HttpRequest(
        url=config.url,
        method=config.method,
        headers={**config.headers, **webhook_headers(message_id, now, body, secrets=keys)},
        body=clients.RawBody(body, "application/json"),
        timeout=config.timeout,
        max_redirects=0,
        max_response_bytes=1_000_000,
        allow_private=config.allow_private,
    )
    if config.connection:
        request = attempt.clients.connections.request(config.connection, request)
    elif not config.url:
        msg = "there is neither 'url' nor 'connection'"
        raise _invalid(msg)
    answer = await attempt.clients.http.send(request)
    attempt.log(f"{config.event}: {answer.status} {answer.reason}")
    return Outputs(id=message_id, status=answer.status, body=answer.excerpt())


def _body(config: Config, attempt: Attempt) -> bytes:
    import msgspec

    given = config.model_fields_set
    data = (
        config.source if "source" in given else config.data if "data" in given else attempt.input
    )
    told = {"type": config.event, "timestamp": attempt.now.isoformat(), "data": data}
    try:
        return msgspec.json.encode(told)
    except (TypeError, ValueError) as error:
        raise _invalid(str(error)) from error


def _invalid(detail: str) -> NodeError:
    title = "this webhook cannot be sent"
    return NodeError(title, type="webhook.invalid", detail=detail, is_transient=False)
