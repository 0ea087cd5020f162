"""Every expression parses, and names things that exist."""

from collections.abc import Iterator

from flowforge_lab.errors import Problem
from flowforge_lab.expressions import Reference
from flowforge_lab.nodes import role_at
from flowforge_lab.plan.draft import Draft
from flowforge_lab.spec import did_you_mean

ROOTS = ("input", "inputs", "nodes", "trigger", "vars", "execution", "item", "index", "secrets")
SCOPES = ("execution", "workflow", "user", "project")
EXECUTION = ("id", "workflow_id", "digest", "trigger", "started_at", "user", "session", "chat")


def check(draft: Draft) -> Iterator[Problem]:
    """Yield a problem for each expression that does not parse or names what is not there."""
    for id, fields in draft.compiled.items():
        for name, compiled in fields.items():
            for path, error in compiled.problems:
                yield Problem("expression.syntax", str(error), node=id, field=_field(name, path))
            for path, reference in compiled.references:
                yield from _judge(draft, id, _field(name, path), reference)
            for path, secret in compiled.secrets:
                yield from _judge_secret(draft, id, (name, *path), secret)


def _field(name: str, path: tuple[str | int, ...]) -> str:
    return ".".join(["config", name, *map(str, path)])


def _judge(draft: Draft, id: str, field: str, reference: Reference) -> Iterator[Problem]:
    root, *rest = reference.path
    at = f" at character {reference.offset + 1}"
    if root == "nodes" and rest:
        yield from _judge_node(draft, id, field, reference)
    elif root == "inputs" and rest and rest[0] not in draft.workflow.inputs:
        has = ", ".join(draft.workflow.inputs) or "none"
        hint = did_you_mean(str(rest[0]), draft.workflow.inputs)
        text = f"no input {rest[0]!r}{at}; the workflow has: {has}"
        yield Problem("expression.name", text, node=id, field=field, hint=hint)
    elif root == "vars" and rest and rest[0] not in SCOPES:
        text = f"no variable scope {rest[0]!r}{at}; there are: {', '.join(SCOPES)}"
        hint = did_you_mean(str(rest[0]), SCOPES)
        yield Problem("expression.name", text, node=id, field=field, hint=hint)
    elif root == "execution" and rest and rest[0] not in EXECUTION:
        text = f"execution has no {rest[0]!r}{at}; it has: {', '.join(EXECUTION)}"
        hint = did_you_mean(str(rest[0]), EXECUTION)
        yield Problem("expression.name", text, node=id, field=field, hint=hint)
    elif root in {"item", "index"}:
        text = f"{root!r}{at} is known only inside a loop"
        yield Problem("expression.name", text, node=id, field=field)
    elif root not in ROOTS:
        text = f"unknown name {root!r}{at}; known are: {', '.join(ROOTS[:6])}, now()"
        hint = did_you_mean(str(root), (*ROOTS, *draft.workflow.nodes))
        if root in draft.workflow.nodes:
            hint = f"write nodes.{root}"
        yield Problem("expression.name", text, node=id, field=field, hint=hint)


def _judge_node(draft: Draft, id: str, field: str, reference: Reference) -> Iterator[Problem]:
    _, name, *rest = reference.path
    at = f" at character {reference.offset + 1}"
    if name not in draft.workflow.nodes:
        hint = did_you_mean(str(name), draft.workflow.nodes)
        yield Problem("expression.node", f"no node {name!r}{at}", node=id, field=field, hint=hint)
        return
    if name not in draft.ancestors[id]:
        text = f"{name!r}{at} never runs before {id!r}"
        hint = f"lead {name!r} to {id!r}, or give a value for it: default(nodes.{name}..., ...)"
        severity = "warning" if reference.has_default else "error"
        yield Problem("expression.order", text, id, field, hint, severity=severity)
    kind = draft.types.get(str(name))
    if kind is None or not rest or kind.outputs.model_config.get("extra") == "allow":
        return
    node = draft.workflow.nodes[str(name)]
    if rest[0] == "error" and node.on_error:
        return
    if rest[0] not in kind.outputs.model_fields and not node.continues:
        has = ", ".join(kind.outputs.model_fields)
        hint = did_you_mean(str(rest[0]), kind.outputs.model_fields)
        text = f"{name!r} gives no {rest[0]!r}{at}; it gives: {has}"
        yield Problem("expression.field", text, node=id, field=field, hint=hint)


def _judge_secret(
    draft: Draft, id: str, path: tuple[str | int, ...], secret: str
) -> Iterator[Problem]:
    field = ".".join(["config", *map(str, path)])
    if role_at(draft.types[id].config, path) != "secret":
        text = "a secret may only stand in a field made for one"
        hint = "use a connection, or a field of the type secret"
        yield Problem("secret.place", text, node=id, field=field, hint=hint)
    known = draft.surroundings.secrets
    if known is not None and secret not in known:
        hint = did_you_mean(secret, known) or f"set it: FLOWFORGE_SECRET_{secret.upper()}"
        yield Problem("secret.missing", f"no secret {secret!r}", node=id, field=field, hint=hint)
