"""What the node types of n8n are here. A maker adds the node, or says why there is none."""

from collections.abc import Callable
from typing import Any

from .case import Case
from .conditions import comparison, together
from .language import UnknownError
from .n8n_services import SERVICES
from .reading import number, table, tables, words
from .schedules import rule_crons, times_crons
from .sketch import slug

ONWARD = "<"
"""Behind a node: what came in goes on."""
AFTER: dict[str, tuple[str, ...]] = {
    "manualTrigger": ("inputs",),
    "executeWorkflowTrigger": ("inputs",),
    "webhook": ("nodes.{id}",),
    "scheduleTrigger": ("nodes.{id}",),
    "cron": ("nodes.{id}",),
    "httpRequest": ("nodes.{id}.body",),
    "set": ("nodes.{id}.value",),
    "code": ("nodes.{id}.result",),
    "if": (ONWARD,),
    "switch": (ONWARD,),
    "filter": (ONWARD,),
    "wait": (ONWARD,),
    "noOp": (ONWARD,),
    "splitInBatches": ("nodes.{id}.results", "item"),
    "splitOut": ("item",),
    "merge": ("",),
    "postgres": ("",),
    "executeWorkflow": ("nodes.{id}.result",),
    "emailSend": ("nodes.{id}",),
    "telegram": ("nodes.{id}",),
    "telegramTrigger": ("",),
}
_UNITS = {"seconds": "s", "minutes": "m", "hours": "h", "days": "d"}
_TYPES = {
    "string": "string",
    "number": "number",
    "boolean": "boolean",
    "array": "array",
    "object": "object",
}


def _manual(case: Case, _given: dict[str, Any]) -> None:
    case.add("trigger.manual", {})


def _called(case: Case, given: dict[str, Any]) -> None:
    for field in tables(table(given.get("workflowInputs")).get("values"))[:100]:
        if name := words(field.get("name")):
            kind = _TYPES.get(words(field.get("type")), "any")
            case.sketch.inputs[name] = {"type": kind}
    case.add("trigger.manual", {})


def _scheduled(case: Case, given: dict[str, Any]) -> None:
    crons = times_crons(given) if "triggerTimes" in given else rule_crons(given)
    line, doubt = crons[0]
    if doubt:
        case.doubt(doubt)
    if len(crons) > 1:
        others = ", ".join(f"{one!r}" for one, _ in crons[1:])
        case.doubt(f"only the first time is taken over; the others are {others}")
    case.add("trigger.schedule", {"cron": line})


def _webhook(case: Case, given: dict[str, Any]) -> None:
    parts = [_segment(part) for part in words(given.get("path")).strip("/").split("/") if part]
    method = words(given.get("httpMethod")) or "GET"
    config: dict[str, Any] = {"path": "/".join(parts), "method": method.upper()}
    if words(given.get("responseMode")) in {"lastNode", "responseNode"}:
        config |= {"answer": "with_result", "response": {"body": "result"}}
    if words(given.get("authentication")) not in {"", "none"}:
        case.doubt("anybody may call it now: set 'auth'")
    if isinstance(given.get("httpMethod"), list):
        raise UnknownError("a webhook of several methods is several webhooks here")
    case.add("trigger.webhook", config)


def _segment(part: str) -> str:
    return "{" + slug(part[1:]) + "}" if part.startswith(":") else part


def _set(case: Case, given: dict[str, Any]) -> None:
    if given.get("mode") == "raw":
        case.add(
            "action.transform",
            {"source": "{}", "set": _object(case.json(given.get("jsonOutput", "{}")))},
        )
        return
    assigned = tables(table(given.get("assignments")).get("assignments")) or _older_values(given)
    values: dict[str, Any] = {}
    for one in assigned:
        name = words(one.get("name"))
        if "." in name or not name:
            msg = f"the field {name[:60]!r} lies inside another"
            raise UnknownError(msg)
        values[name] = _typed(case, one)
    keeps = given.get("includeOtherFields") is True or (
        "values" in given and given.get("keepOnlySet") is not True
    )
    source = case.read("$json").text if keeps else "{}"
    case.add("action.transform", {"source": source, "set": values})


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UnknownError("what it sets is no object")
    return value


def _older_values(given: dict[str, Any]) -> list[dict[str, Any]]:
    by_type = table(given.get("values"))
    return [{**one, "type": kind} for kind in by_type for one in tables(by_type[kind])]


def _typed(case: Case, one: dict[str, Any]) -> Any:
    value, kind = one.get("value"), words(one.get("type"))
    is_open = isinstance(value, str) and value.startswith("=")
    if kind == "number" and isinstance(value, str) and not is_open:
        found = number(value)
        return value if found is None else int(found) if found == int(found) else found
    if kind in {"array", "object"} and isinstance(value, str) and not is_open:
        return case.json(value)
    if kind == "string" and is_open:
        return case.text(value)
    return case.value(value)


def _condition(case: Case, conditions: dict[str, Any], combined: str = "all") -> str:
    """Return the condition of an `if`, a `filter` or one way of a `switch`."""
    newer = tables(conditions.get("conditions"))
    parts = [_newer(case, one) for one in newer] if newer else _older(case, conditions)
    word = "or" if words(conditions.get("combinator")) == "or" or combined == "any" else "and"
    if table(conditions.get("options")).get("caseSensitive") is False:
        case.doubt("small and capital letters are told apart here")
    return together(parts, word)


def _newer(case: Case, one: dict[str, Any]) -> str:
    operator = table(one.get("operator"))
    if operator.get("type") == "dateTime":
        raise UnknownError("times are compared otherwise here")
    left, right = case.said(one.get("leftValue")), case.said(one.get("rightValue"))
    if operator.get("type") == "number" and (found := number(one.get("rightValue"))) is not None:
        right = case.said(int(found) if found == int(found) else found)
    return comparison(words(operator.get("operation")), left, right)


def _older(case: Case, conditions: dict[str, Any]) -> list[str]:
    parts = []
    for kind, ones in conditions.items():
        for one in tables(ones):
            default = "smaller" if kind == "number" else "equal"
            operation = words(one.get("operation")) or default
            empty = kind == "boolean" and "value2" not in one
            right = case.said(False if empty else one.get("value2"))
            parts.append(comparison(operation, case.said(one.get("value1")), right))
    return parts


def _if(case: Case, given: dict[str, Any]) -> None:
    combined = words(given.get("combineOperation")) or "all"
    case.add(
        "logic.condition",
        {"condition": _condition(case, table(given.get("conditions")), combined)},
    )


def _switch(case: Case, given: dict[str, Any]) -> None:
    rules = table(given.get("rules"))
    newer, older = tables(rules.get("values")), tables(rules.get("rules"))
    cases = []
    if newer:
        ways = [_condition(case, table(one.get("conditions"))) for one in newer]
    else:
        value = case.said(given.get("value1"))
        ways = [
            comparison(words(one.get("operation")) or "equal", value, case.said(one.get("value2")))
            for one in older
        ]
        if [number(one.get("output", number_)) for number_, one in enumerate(older)] != list(
            range(len(older))
        ):
            raise UnknownError("its rules lead to outputs in another order")
    for index, way in enumerate(ways):
        cases.append({"name": f"way_{index}", "when": way})
    if not cases:
        raise UnknownError("it has no rules that can be read")
    if table(given.get("options")).get("allMatchingOutputs") is True:
        case.doubt("only the first way that fits is gone")
    case.add("logic.switch", {"mode": "condition", "cases": cases})


def _batches(case: Case, given: dict[str, Any]) -> None:
    if (number(given.get("batchSize")) or 1) != 1:
        raise UnknownError("a loop here goes over single items, not over batches")
    case.add("logic.loop", {"items": case.read("$json").text})


def _split(case: Case, given: dict[str, Any]) -> None:
    field = words(given.get("fieldToSplitOut"))
    if not field or "," in field or field.startswith("="):
        raise UnknownError("it splits several fields, or one that is computed")
    path = ".".join(
        f"['{part}']" if not part.isidentifier() else part for part in field.split(".")
    )
    case.add("logic.loop", {"items": case.read(f"$json.{path}".replace(".[", "[")).text})


def _merge(case: Case, given: dict[str, Any]) -> None:
    case.doubt("branches are put side by side under the ids of their nodes, not into one list")
    if words(given.get("mode")) not in {"", "append", "wait", "passThrough"}:
        raise UnknownError(
            "records are joined otherwise here: see action.transform and data.frame"
        )
    case.add("logic.join", {})


def _wait(case: Case, given: dict[str, Any]) -> None:
    resume = words(given.get("resume")) or "timeInterval"
    if resume == "webhook":
        case.doubt("the address to answer at is waits.<node>.url")
        case.add("flow.wait_webhook", {})
    elif resume == "specificTime" and isinstance(given.get("dateTime"), str):
        case.add("flow.delay", {"until": case.text(given["dateTime"])})
    elif resume == "timeInterval":
        unit = _UNITS.get(words(given.get("unit")) or "hours")
        amount = number(given.get("amount", 1))
        if unit is None or amount is None or amount < 0:
            raise UnknownError("how long it waits is computed")
        case.add("flow.delay", {"duration": f"{amount:g}{unit}"})
    else:
        msg = f"it waits for {resume[:40]!r}"
        raise UnknownError(msg)


def _nothing(case: Case, _given: dict[str, Any]) -> None:
    case.add("action.transform", {"value": "input"})


def _sub_workflow(case: Case, given: dict[str, Any]) -> None:
    chosen = given.get("workflowId")
    name = (
        words(table(chosen).get("cachedResultName"))
        or words(table(chosen).get("value"))
        or words(chosen)
    )
    if not name or name.startswith("="):
        raise UnknownError("which workflow it calls is computed")
    inputs = case.value(table(table(given.get("workflowInputs")).get("value")))
    case.doubt(f"import the workflow {name!r} as well, under the id {slug(name)!r}")
    wait = table(given.get("options")).get("waitForSubWorkflow") is not False
    case.add("flow.sub_workflow", {"workflow": slug(name), "inputs": inputs, "wait": wait})


def _respond(case: Case, given: dict[str, Any]) -> None:
    kind = words(given.get("respondWith")) or "firstIncomingItem"
    if kind == "json":
        written = given.get("responseBody", "{}")
        body = case.json(written)
        case.add(
            "flow.end", {"result": case.expression(written) if isinstance(body, str) else body}
        )
    elif kind == "text":
        case.add("flow.end", {"result": case.expression(given.get("responseBody", ""))})
    elif kind in {"firstIncomingItem", "allIncomingItems"}:
        case.add("flow.end", {"result": case.read("$json").text})
    elif kind == "noData":
        case.add("flow.end", {"result": "None"})
    else:
        msg = f"it answers with {kind[:40]!r}"
        raise UnknownError(msg)
    if table(given.get("options")).get("responseCode"):
        case.doubt("the status is set in 'response' of the webhook trigger")


def _stop(case: Case, given: dict[str, Any]) -> None:
    message = case.text(given.get("errorMessage") or given.get("message") or "stopped")
    case.add("flow.end", {"status": "failed", "message": message})


def _code(case: Case, given: dict[str, Any]) -> None:
    if not words(given.get("language")).startswith("python"):
        raise UnknownError("JavaScript is not run here: say it in Python")
    code = words(given.get("pythonCode"))
    lines = "\n".join(f"    {line}" for line in code.splitlines())
    text = f"{_PRELUDE}\n\ndef _body():\n{lines or '    return []'}\n\n\n{_CODA}"
    try:
        compile(text, "code", "exec")
    except (SyntaxError, ValueError) as error:
        raise UnknownError("its Python cannot be read") from error
    case.doubt("the code gets the one item that comes in, as '_items', '_input' and 'items'")
    case.add("python.code", {"code": text, "inputs": {"given": case.read("$json").text}})


_PRELUDE = """\
class _Item(dict):
    @property
    def json(self):
        return self["json"]


class _Input:
    def all(self):
        return items

    def first(self):
        return items[0]

    last = first
    item = property(first)


items = _items = [_Item(json=given)]
_item, _input, _json = items[0], _Input(), given"""
_CODA = """\
result = _body()
if isinstance(result, list) and all(isinstance(one, dict) and "json" in one for one in result):
    result = [one["json"] for one in result]
    result = result[0] if len(result) == 1 else result
elif isinstance(result, dict) and set(result) == {"json"}:
    result = result["json"]
"""
Maker = Callable[[Case, dict[str, Any]], None]
MAKERS: dict[str, Maker] = {
    "manualTrigger": _manual,
    "start": _manual,
    "executeWorkflowTrigger": _called,
    "scheduleTrigger": _scheduled,
    "cron": _scheduled,
    "webhook": _webhook,
    "set": _set,
    "if": _if,
    "filter": _if,
    "switch": _switch,
    "splitInBatches": _batches,
    "splitOut": _split,
    "merge": _merge,
    "wait": _wait,
    "noOp": _nothing,
    "executeWorkflow": _sub_workflow,
    "respondToWebhook": _respond,
    "stopAndError": _stop,
    "code": _code,
    **SERVICES,
}
