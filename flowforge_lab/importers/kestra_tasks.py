"""What single tasks of Kestra are here."""

import re
from collections.abc import Callable
from typing import Any

from .case import Case
from .durations import duration
from .language import UnknownError
from .reading import rows, table, words
from .sketch import slug

OUTPUTS: dict[str, dict[str, str]] = {
    "Return": {"value": ".value"},
    "Request": {"body": ".body", "code": ".status", "headers": ".headers"},
    "Script": {"vars": ".result"},
    "Query": {"rows": ".rows", "size": ".count"},
    "Subflow": {"outputs": ".result", "executionId": ".execution_id"},
    "OutputValues": {"values": ".value"},
}
"""Where an output of a task is among those of its node, by the type of the task."""
_PEBBLE = re.compile(r"\{[{%]")
_PRELUDE = """\
result = {}


class Kestra:
    @staticmethod
    def outputs(values):
        result.update(values)

    @staticmethod
    def counter(name, value, tags=None):
        print(name, value)

    timer = counter


import sys
import types

sys.modules["kestra"] = types.ModuleType("kestra")
sys.modules["kestra"].Kestra = Kestra

"""


def short(type: str) -> str:
    """Return the last word of a type, with what tells languages and databases apart."""
    if type.startswith("io.kestra.plugin.scripts.") and ".python." not in type:
        return type
    if ".jdbc." in type and ".postgresql." not in type:
        return type
    return type.rpartition(".")[2]


def _log(case: Case, task: dict[str, Any]) -> None:
    given = task.get("message")
    messages = rows(given) or [given]
    parts = [case.expression(one) for one in messages]
    config = {
        "code": "for line in lines:\n    print(line)\n",
        "inputs": {"lines": f"[{', '.join(parts)}]"},
    }
    case.add("python.code", {**config, "effects": "none"})


def _return(case: Case, task: dict[str, Any]) -> None:
    case.add("action.transform", {"value": case.expression(task.get("format"))})


def _values(case: Case, task: dict[str, Any]) -> None:
    case.add("action.transform", {"source": "{}", "set": case.value(table(task.get("values")))})


def _request(case: Case, task: dict[str, Any]) -> None:
    url = case.text(task.get("uri"))
    if not url.lower().startswith(("http://", "https://", "{{")):
        raise UnknownError("its address does not begin with http:// or https://")
    config: dict[str, Any] = {
        "method": words(task.get("method")).upper() or "GET",
        "url": url,
        "response": "text",
    }
    headers = case.headers(table(task.get("headers")))
    kind = words(task.get("contentType")) or next(
        (value for name, value in headers.items() if name.lower() == "content-type"), ""
    )
    headers = {name: value for name, value in headers.items() if name.lower() != "content-type"}
    if headers:
        config["headers"] = headers
    if query := case.headers(table(task.get("params"))):
        config["query"] = query
    if task.get("formData"):
        config["body"] = {"type": "form", "fields": case.value(table(task["formData"]))}
    elif task.get("body") is not None:
        config["body"] = _body(case, task["body"], kind)
    options = table(task.get("options"))
    if table(options.get("auth")) or options.get("basicAuthUser"):
        config["connection"] = case.connection(f"{case.original.name} login", "http")
    if options.get("allowFailed") is True or task.get("allowFailed") is True:
        config["accept"] = ["1xx", "2xx", "3xx", "4xx", "5xx"]
    case.add("action.http_request", config)


def _body(case: Case, body: Any, kind: str) -> dict[str, Any]:
    if "json" in kind.lower():
        return {"type": "json", "value": case.json(body)}
    return {
        "type": "raw",
        "content": case.text(body),
        "content_type": kind or "text/plain; charset=utf-8",
    }


def _sleep(case: Case, task: dict[str, Any]) -> None:
    case.add("flow.delay", {"duration": duration(words(task.get("duration")))})


def _pause(case: Case, task: dict[str, Any]) -> None:
    length = words(task.get("delay")) or words(task.get("pauseDuration"))
    if length:
        case.add("flow.delay", {"duration": duration(length)})
        return
    case.doubt("it goes on by the port 'received', once it is answered")
    raise UnknownError(
        "it waits for somebody: put flow.wait_webhook or flow.wait_reply in its place"
    )


def _fail(case: Case, task: dict[str, Any]) -> None:
    if task.get("condition"):
        raise UnknownError("it fails on a condition: put a condition before flow.end")
    case.add(
        "flow.end",
        {"status": "failed", "message": case.text(task.get("errorMessage") or "Task failure")},
    )


def _subflow(case: Case, task: dict[str, Any]) -> None:
    name = words(task.get("flowId"))
    if not name or _PEBBLE.search(name):
        raise UnknownError("which flow it starts is computed")
    wait = task.get("wait") is not False
    case.doubt(f"import the flow {name!r} as well, under the id {slug(name)!r}")
    inputs = case.value(table(task.get("inputs")))
    case.add("flow.sub_workflow", {"workflow": slug(name), "inputs": inputs, "wait": wait})


def _script(case: Case, task: dict[str, Any]) -> None:
    script = words(task.get("script"))
    if _PEBBLE.search(script):
        raise UnknownError("values are put into its code: hand them over as inputs")
    try:
        compile(script, "code", "exec")
    except (SyntaxError, ValueError) as error:
        raise UnknownError("its Python cannot be read") from error
    if task.get("beforeCommands") or task.get("dependencies"):
        case.doubt("install what it needs in this environment")
    if task.get("env") or task.get("inputFiles") or task.get("namespaceFiles"):
        case.doubt("its variables and files are not taken over")
    code = f"{_PRELUDE}{script}" if "Kestra" in script else script
    case.add("python.code", {"code": code or "result = None"})


def _query(case: Case, task: dict[str, Any]) -> None:
    sql = words(task.get("sql"))
    if _PEBBLE.search(sql):
        raise UnknownError("values are put into its SQL: name them as $parameters")
    step = {
        "op": "sql",
        "sql": sql,
        "write": not sql.lstrip().lower().startswith(("select", "with")),
    }
    name = case.connection(f"{case.original.name} database", "postgresql")
    if words(task.get("fetchType")).upper() == "STORE" or task.get("store") is True:
        case.doubt("the rows are values here, not a file")
    case.add("action.database_query", {"connection": name, "steps": [step]})


def _mail(case: Case, task: dict[str, Any]) -> None:
    to = [one.strip() for one in case.text(task.get("to")).split(",") if one.strip()]
    config: dict[str, Any] = {"connection": case.connection("mail", "smtp"), "to": to}
    fields = {
        "sender": "from",
        "subject": "subject",
        "html": "htmlTextContent",
        "text": "plainTextContent",
    }
    config |= {name: case.text(task[key]) for name, key in fields.items() if task.get(key)}
    if not to:
        raise UnknownError("nobody is named to write to")
    case.add("action.send_email", config)


def _telegram(case: Case, task: dict[str, Any]) -> None:
    bot = case.connection("telegram", "telegram")
    config = {
        "bot": bot,
        "chats": [case.text(task.get("channel"))],
        "text": case.text(task.get("payload")),
    }
    case.add("action.send_telegram", config)


Maker = Callable[[Case, dict[str, Any]], None]
TASKS: dict[str, Maker] = {
    "Log": _log,
    "Return": _return,
    "OutputValues": _values,
    "Request": _request,
    "Sleep": _sleep,
    "Pause": _pause,
    "Fail": _fail,
    "Subflow": _subflow,
    "Flow": _subflow,
    "Script": _script,
    "Query": _query,
    "MailSend": _mail,
    "TelegramSend": _telegram,
}
