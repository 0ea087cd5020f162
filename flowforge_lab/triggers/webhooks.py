"""Webhooks: which trigger a call is for, whether it may start it, and what it brings."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
from pydantic import ValidationError

from flowforge_lab.errors import FlowForgeError
from flowforge_lab.expressions import Compiled
from flowforge_lab.nodes import compile_answer
from flowforge_lab.plan import Plan, Step

from .bodies import read_body, read_pairs
from .callers import check_body, check_head, hidden_headers
from .calls import Call, CallError

KIND = "trigger.webhook"
_LASTING = 2  # times its tolerance: for so long a time stamp may count, here and there
_MAX_KEY = 255
_MAX_DIGITS = 20


class Hook(msgspec.Struct, frozen=True, eq=False):
    """A webhook trigger of a plan; `config` is that of the node type, its secrets filled in."""

    plan: Plan
    step: Step
    config: Any
    answer: Compiled | None

    @property
    def waits(self) -> bool:
        """Whether the caller is answered with the result."""
        return bool(self.config.answer == "with_result")

    def admit(self, call: Call) -> None:
        """Let a call in, as far as its headers can tell.

        Raises:
            CallError: wrong credentials, or a body that is too large.
        """
        check_head(self.config.auth, call)
        length = call.header("content-length")
        if length.isdigit() and len(length) < _MAX_DIGITS and int(length) <= self.config.max_body:
            return
        if length:
            raise self.too_large()

    def too_large(self) -> CallError:
        """Return the refusal of a body over the limit."""
        msg = f"the body is larger than {int(self.config.max_body):,} bytes"
        return CallError(413, "webhook.too_large", msg)


class Taken(msgspec.Struct, frozen=True):
    """What a call brings: the payload of the trigger, inputs of the workflow, and its key (until when).

    `seal` is the signature of a call with a time stamp: it does not come with a second key.
    """

    payload: dict[str, Any]
    inputs: dict[str, Any]
    key: str = ""
    key_seconds: float = 0.0
    seal: str = ""
    seal_seconds: float = 0.0


def hooks_in(plan: Plan) -> Iterator[Step]:
    """Yield the webhook triggers of a plan."""
    return (step for step in plan.triggers if step.type.kind == KIND)


def find_step(plan: Plan, method: str, path: str) -> tuple[Step, dict[str, str]]:
    """Return the trigger that a method and path are for, and the parts of the path that have names.

    Raises:
        CallError: there is none; 405 where only the method is wrong.
    """
    allowed: list[str] = []
    for step in sorted(hooks_in(plan), key=lambda one: str(one.raw.get("path", "")).count("{")):
        params = _match(str(step.raw.get("path", "")), path.strip("/"))
        if params is None:
            continue
        wanted = str(step.raw.get("method", "POST"))
        if wanted in {"ANY", method}:
            return step, params
        allowed.append(wanted)
    if allowed:
        msg = f"{method} is not for this address; it takes {', '.join(allowed)}"
        raise CallError(405, "webhook.method", msg, headers={"Allow": ", ".join(allowed)})
    msg = f"workflow {plan.workflow.id!r} has no webhook at this address"
    raise CallError(404, "webhook.unknown", msg)


def _match(pattern: str, path: str) -> dict[str, str] | None:
    wanted, found = pattern.split("/"), path.split("/")
    if len(wanted) != len(found):
        return None
    params: dict[str, str] = {}
    for want, part in zip(wanted, found, strict=True):
        if want.startswith("{") and part:
            params[want[1:-1]] = part
        elif want != part:
            return None
    return params


def open_hook(plan: Plan, step: Step, secret: Callable[[str], str]) -> Hook:
    """Return a trigger with its secrets filled in.

    Raises:
        CallError: it cannot be used as things are: a secret is missing.
    """
    if step.config is not None:
        config: Any = step.config
    else:
        config = _with_secrets(step, secret)
    answer = compile_answer(config.response) if config.response else None
    return Hook(plan, step, config, answer)


def _with_secrets(step: Step, secret: Callable[[str], str]) -> Any:
    try:
        whole: Any = dict(step.raw)
        for path, name in step.compiled.secrets:
            whole = _placed(whole, path, secret(name))
        return step.type.config.model_validate(whole)
    except (FlowForgeError, ValidationError) as error:
        msg = f"the webhook {step.id!r} cannot check who calls: its credentials are not set up"
        raise CallError(503, "webhook.not_ready", msg) from error


def _placed(value: Any, path: tuple[str | int, ...], text: str) -> Any:
    if not path:
        return text
    if isinstance(value, Mapping):
        return {**value, str(path[0]): _placed(value[str(path[0])], path[1:], text)}
    return [_placed(one, path[1:], text) if at == path[0] else one for at, one in enumerate(value)]


def take(hook: Hook, call: Call, params: Mapping[str, str], *, now: datetime) -> Taken:
    """Return what a whole call brings, once its signature is checked.

    Raises:
        CallError: the signature is wrong, or the body cannot be read.
    """
    config = hook.config
    if len(call.body) > config.max_body:
        raise hook.too_large()
    signature = check_body(config.auth, call, now)
    parsed = read_body(call, config.body)
    hidden = hidden_headers(config.auth)
    payload = {
        "method": call.method,
        "path": call.path,
        "params": dict(params),
        "query": read_pairs(call.query) if call.query else {},
        "headers": {name: text for name, text in call.headers.items() if name not in hidden},
        "body": parsed.body,
        "files": parsed.files,
        "client": call.client,
        "is_test": call.is_test,
    }
    inputs = inputs_in(hook.plan, parsed.body)
    place = f"webhook:{'test:' if call.is_test else ''}{hook.plan.workflow.id}:{hook.step.id}"
    given = _given_key(hook, call)
    seal = f"{place}:signed:{signature}" if signature else ""
    lasting = _LASTING * config.auth.tolerance if signature else 0.0
    key, seconds = (f"{place}:{given}", config.idempotency_window) if given else (seal, lasting)
    return Taken(payload, inputs, key, seconds, seal, lasting)


def inputs_in(plan: Plan, body: Any) -> dict[str, Any]:
    """Return the fields of a body that the workflow declares as its inputs."""
    wanted = plan.workflow.inputs
    if not wanted or not isinstance(body, Mapping):
        return {}
    return {name: body[name] for name in wanted if name in body}


def _given_key(hook: Hook, call: Call) -> str:
    config = hook.config
    given = call.header(config.idempotency_header) if config.idempotency_header else ""
    if len(given) > _MAX_KEY:
        msg = f"the header {config.idempotency_header} is longer than {_MAX_KEY} characters"
        raise CallError(400, "webhook.key", msg)
    return given
