"""What the node types of Node-RED are here, and what the message holds behind each."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from .case import Case
from .conditions import comparison
from .language import Said, UnknownError, step
from .reading import clean, number, table, tables, words
from .schedules import repeat_cron
from .sketch import slug

Message = Mapping[str, str]
"""What is known of the message: an expression by the name of each property."""
After = dict[int | None, Message]
"""What it holds behind each output; `None` for all others."""
_UNITS = {"milliseconds": "ms", "seconds": "s", "minutes": "m", "hours": "h", "days": "d"}
_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")


def _inject(case: Case, node: dict[str, Any], _message: Message) -> After:
    cron, repeat = words(node.get("crontab")).strip(), number(node.get("repeat"))
    if cron or repeat:
        line = cron or repeat_cron(repeat or 0)
        case.add("trigger.schedule", {"cron": line})
    else:
        case.add("trigger.manual", {})
    if node.get("once") is True:
        case.doubt("it does not start when the server does")
    values = _injected(case, node)
    id = f"{case.id}_message"
    case.sketch.add(id, "action.transform", {"source": "{}", "set": values}, original=None)
    at = case.original.at
    case.sketch.places[id] = None if at is None else (at[0] + 90, at[1] + 60)
    case.sketch.connect(case.id, id)
    return {None: {name: f"nodes.{id}.value{step(name)}" for name in values}}


def _injected(case: Case, node: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    props = tables(node.get("props")) or [{"p": "payload"}, {"p": "topic", "vt": "str"}]
    for prop in props[:50]:
        name = words(prop.get("p"))
        is_payload = name == "payload" and "v" not in prop
        value = node.get("payload") if is_payload else prop.get("v", node.get(name, ""))
        kind = words(node.get("payloadType")) if is_payload else words(prop.get("vt"))
        if name and "." not in name:
            values[name] = _typed(case, value, kind or "str")
        if kind == "date":
            case.doubt(f"{name!r} is a time here, and was milliseconds since 1970")
    return values


def _typed(case: Case, value: Any, kind: str) -> Any:
    """Return a value of a typed field as our config holds it.

    Raises:
        UnknownError: it comes from where nothing is known of.
    """
    if kind == "msg":
        return "{{ " + case.read(f"msg.{words(value)}").text + " }}"
    if kind not in _READERS:
        msg = f"a value of the kind {kind[:40]!r}"
        raise UnknownError(msg)
    return _READERS[kind](value)


def _plain_text(value: Any) -> str:
    text = words(value)
    if "{{" in text:
        raise UnknownError("braces in a plain text would be an expression here")
    return text


def _number(value: Any) -> float:
    found = number(value)
    return 0 if found is None else int(found) if found == int(found) else found


def _from_json(value: Any) -> Any:
    try:
        return clean(json.loads(words(value)))
    except (ValueError, RecursionError):
        raise UnknownError("the JSON in it cannot be read") from None


_READERS: dict[str, Callable[[Any], Any]] = {
    "": _plain_text,
    "str": _plain_text,
    "date": lambda _value: "{{ now() }}",
    "num": _number,
    "bool": lambda value: words(value) == "true",
    "json": _from_json,
}


def _http_in(case: Case, node: dict[str, Any], _message: Message) -> After:
    parts = words(node.get("url")).strip("/").split("/")
    path = "/".join(
        "{" + slug(one[1:]) + "}" if one.startswith(":") else one for one in parts if one
    )
    method = (words(node.get("method")) or "get").upper()
    if method not in _METHODS:
        msg = f"the method {method[:20]!r}"
        raise UnknownError(msg)
    config = {
        "path": path,
        "method": method,
        "answer": "with_result",
        "response": {"body": "result"},
    }
    case.add("trigger.webhook", config)
    body = "query" if method in {"GET", "HEAD"} else "body"
    return {None: {"payload": f"nodes.{case.id}.{body}", "req": f"nodes.{case.id}"}}


def _http_response(case: Case, node: dict[str, Any], message: Message) -> After:
    if words(node.get("statusCode")) not in {"", "200"} or table(node.get("headers")):
        case.doubt("status and headers are set in 'response' of the webhook trigger")
    if "payload" not in message:
        case.doubt("what it answers cannot be told beforehand: it answers with what comes in")
    case.add("flow.end", {"result": message.get("payload", "input")})
    return {}


def _http_request(case: Case, node: dict[str, Any], message: Message) -> After:
    method = words(node.get("method")).upper() or "GET"
    if method not in _METHODS:
        raise UnknownError("the method comes from the message")
    kind = {"txt": "text", "obj": "json", "bin": "bytes"}.get(words(node.get("ret")), "text")
    config: dict[str, Any] = {"method": method, "url": _address(case, node), "response": kind}
    if node.get("senderr") is not True:
        config["accept"] = ["1xx", "2xx", "3xx", "4xx", "5xx"]
    payload = message.get("payload")
    if method not in {"GET", "HEAD"} and payload:
        config["body"] = {"type": "json", "value": "{{ " + payload + " }}"}
    if headers := case.headers(_pairs(node)):
        config["headers"] = headers
    if "headers" in message:
        case.doubt("headers in the message are not sent")
    if words(node.get("paytoqs")) in {"query", "true"}:
        case.doubt("the payload was put into the query: set 'query'")
    if words(node.get("authType")):
        config["connection"] = case.connection(f"{case.original.name} login", "http")
    case.add("action.http_request", config)
    told = {"payload": "body", "statusCode": "status", "headers": "headers"}
    return {None: {**message, **{name: f"nodes.{case.id}.{one}" for name, one in told.items()}}}


def _address(case: Case, node: dict[str, Any]) -> str:
    url = case.text(node.get("url")) or "{{ " + case.read("msg.url").text + " }}"
    is_whole = url.lower().startswith(("http://", "https://", "{{"))
    return url if is_whole else f"http://{url}"


def _pairs(node: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for one in tables(node.get("headers")):
        name = words(one.get("keyValue")) or words(one.get("keyType"))
        if name not in {"", "other"}:
            found[name] = one.get("valueValue") or one.get("valueType")
    return found


def _change(case: Case, node: dict[str, Any], message: Message) -> After:
    values: dict[str, Any] = {}
    behind = dict(message)
    for rule in tables(node.get("rules"))[:100]:
        name, kind = words(rule.get("p")), words(rule.get("t"))
        if words(rule.get("pt")) not in {"", "msg"} or "." in name or "[" in name or not name:
            msg = f"it changes {name[:40]!r}, which is no property of the message itself"
            raise UnknownError(msg)
        if kind == "set":
            values[name] = _typed(case, rule.get("to"), words(rule.get("tot")) or "str")
            behind[name] = f"nodes.{case.id}.value{step(name)}"
        elif kind == "delete":
            behind.pop(name, None)
        elif kind == "move" and words(rule.get("tot")) in {"", "msg"} and name in behind:
            behind[words(rule.get("to"))] = behind.pop(name)
        else:
            msg = f"the change {kind[:40]!r} has no counterpart"
            raise UnknownError(msg)
        if len([one for one in tables(node.get("rules")) if one.get("p") == rule.get("p")]) > 1:
            raise UnknownError("it changes one property twice")
    case.add("action.transform", {"source": "{}", "set": values})
    return {None: behind}


_RULES = {
    **{name: name for name in ("lt", "lte", "gt", "gte", "true", "false", "empty")},
    "eq": "equals",
    "neq": "notEquals",
    "cont": "contains",
    "nempty": "notEmpty",
}


def _switch(case: Case, node: dict[str, Any], message: Message) -> After:
    if words(node.get("propertyType")) not in {"", "msg"}:
        raise UnknownError("what it compares is no property of the message")
    value = case.read(f"msg.{words(node.get('property')) or 'payload'}")
    rules = tables(node.get("rules"))
    cases = []
    for index, rule in enumerate(rules[:100]):
        kind = words(rule.get("t"))
        if kind == "else":
            if index != len(rules) - 1:
                raise UnknownError("'otherwise' is not its last rule")
            continue
        cases.append({"name": f"way_{index}", "when": _rule(case, kind, rule, value=value)})
    if not cases:
        raise UnknownError("it has no rules that can be read")
    if words(node.get("checkall")) == "true" and len(cases) > 1:
        case.doubt("only the first rule that fits is followed here")
    case.add("logic.switch", {"mode": "condition", "cases": cases})
    return {None: message}


def _rule(case: Case, kind: str, rule: dict[str, Any], *, value: Said) -> str:
    if kind in {"null", "nnull"}:
        return f"(default({value.text}, None) is {'not ' if kind == 'nnull' else ''}None)"
    if kind == "btwn":
        low, high = (_operand(case, rule, name) for name in ("v", "v2"))
        return f"({low.text} <= {value.text} <= {high.text})"
    if kind not in _RULES:
        msg = f"the rule {kind[:40]!r} has no counterpart"
        raise UnknownError(msg)
    return comparison(_RULES[kind], value, _operand(case, rule, "v"))


def _operand(case: Case, rule: dict[str, Any], name: str) -> Said:
    kind = words(rule.get(f"{name}t")) or "str"
    if kind == "msg":
        return case.read(f"msg.{words(rule.get(name))}")
    if kind == "str" and number(rule.get(name)) is not None:
        case.doubt("a text of digits is no number here")
    return Said(repr(_typed(case, rule.get(name, ""), kind)))


def _template(case: Case, node: dict[str, Any], message: Message) -> After:
    field = words(node.get("field")) or "payload"
    if words(node.get("fieldType")) not in {"", "msg"} or "." in field:
        raise UnknownError("it sets what is no property of the message itself")
    text = words(node.get("template"))
    if words(node.get("syntax")) == "plain":
        made: Any = text
        if "{{" in text:
            raise UnknownError("braces in a plain text would be an expression here")
    else:
        made = case.text(text)
        if "{{{" in text:
            pass
        elif "{{" in text and words(node.get("format")) in {"html", "handlebars"}:
            case.doubt("values are not escaped for HTML here")
    if words(node.get("output")) == "json":
        made = case.json(text)
    case.add("action.transform", {"source": "{}", "set": {field: made}})
    return {None: {**message, field: f"nodes.{case.id}.value{step(field)}"}}


def _delay(case: Case, node: dict[str, Any], message: Message) -> After:
    if words(node.get("pauseType")) != "delay":
        raise UnknownError(
            "it limits how often messages pass: see 'rate' and 'concurrency' in the settings"
        )
    length, unit = (
        number(node.get("timeout")),
        _UNITS.get(words(node.get("timeoutUnits")) or "seconds"),
    )
    if length is None or unit is None or length < 0:
        raise UnknownError("how long it waits cannot be read")
    case.add("flow.delay", {"duration": f"{length:g}{unit}"})
    return {None: message}


def _split(case: Case, node: dict[str, Any], message: Message) -> After:
    if "payload" not in message:
        raise UnknownError("what it splits cannot be told beforehand")
    case.doubt("the payload has to be a list")
    case.add("logic.loop", {"items": message["payload"]})
    del node
    return {None: {**message, "payload": "item"}}


def _json(case: Case, node: dict[str, Any], message: Message) -> After:
    if words(node.get("property")) not in {"", "payload"} or words(node.get("action")) == "str":
        raise UnknownError("it changes another property, or writes JSON")
    if "payload" not in message:
        raise UnknownError("what it reads cannot be told beforehand")
    case.doubt("the payload has to be text")
    case.add(
        "action.transform",
        {"source": "{}", "set": {"payload": f"{{{{ json.loads({message['payload']}) }}}}"}},
    )
    return {None: {**message, "payload": f"nodes.{case.id}.value.payload"}}


def _mail(case: Case, node: dict[str, Any], message: Message) -> After:
    to = [one.strip() for one in words(node.get("name")).split(",") if "@" in one]
    if not to or "payload" not in message:
        raise UnknownError("to whom it writes, or what, comes from the message")
    config: dict[str, Any] = {
        "connection": case.connection(words(node.get("server")) or "mail", "smtp"),
        "to": to,
    }
    config["text"] = "{{ " + message["payload"] + " }}"
    if "topic" in message:
        config["subject"] = "{{ " + message["topic"] + " }}"
    case.add("action.send_email", config)
    return {None: message}


def _telegram(case: Case, node: dict[str, Any], message: Message) -> After:
    if "payload" not in message:
        raise UnknownError("to whom it writes, and what, comes from the message")
    payload = message["payload"]
    bot = case.connection(words(node.get("bot")) or "telegram", "telegram")
    config = {
        "bot": bot,
        "chats": ["{{ " + payload + ".chatId }}"],
        "text": "{{ " + payload + ".content }}",
    }
    case.add("action.send_telegram", config)
    return {None: message}


def _subflow(case: Case, node: dict[str, Any], message: Message) -> After:
    if not case.calls:
        raise UnknownError("the subflow that it calls is not in the document")
    del node
    inputs = {"payload": "{{ " + message["payload"] + " }}"} if "payload" in message else {}
    case.add("flow.sub_workflow", {"workflow": case.calls, "inputs": inputs})
    return {None: {**message, "payload": f"nodes.{case.id}.result"}}


Maker = Callable[[Case, dict[str, Any], Message], After]
MAKERS: dict[str, Maker] = {
    "inject": _inject,
    "http in": _http_in,
    "http response": _http_response,
    "http request": _http_request,
    "change": _change,
    "switch": _switch,
    "template": _template,
    "delay": _delay,
    "split": _split,
    "json": _json,
    "e-mail": _mail,
    "telegram sender": _telegram,
    "subflow": _subflow,
}
