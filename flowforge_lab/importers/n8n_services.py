"""The nodes of n8n that talk to services: HTTP, mail, Telegram, PostgreSQL."""

from collections.abc import Callable
from typing import Any

from .case import Case
from .language import UnknownError
from .reading import number, table, tables, words

_ANSWERS = {"json": "json", "text": "text", "string": "text", "file": "file", "autodetect": "auto"}


def credential(case: Case, default: str = "") -> str:
    """Return the name of the credentials that a node uses, as people called them."""
    found = table(table(case.original.whole).get("credentials"))
    for kind, one in found.items():
        return words(table(one).get("name")) or words(one) or words(kind)
    return default


def pairs(given: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return names and values that stand in a list under one of some names."""
    for name in names:
        holder = table(given.get(name))
        for one in ("parameters", "parameter"):
            if found := tables(holder.get(one)):
                return {
                    words(pair.get("name")): pair.get("value")
                    for pair in found
                    if pair.get("name")
                }
    return {}


def _http(case: Case, given: dict[str, Any]) -> None:
    url = case.text(given.get("url"))
    if not url.lower().startswith(("http://", "https://", "{{")):
        raise UnknownError("its address does not begin with http:// or https://")
    method = (words(given.get("method")) or words(given.get("requestMethod")) or "GET").upper()
    config: dict[str, Any] = {"method": method, "url": url}
    query = case.headers(pairs(given, "queryParameters", "queryParametersUi"))
    headers = case.headers(pairs(given, "headerParameters", "headerParametersUi"))
    if given.get("specifyHeaders") == "json":
        headers |= case.headers(table(case.json(given.get("jsonHeaders", "{}"))))
    config |= {name: value for name, value in (("query", query), ("headers", headers)) if value}
    if body := _body(case, given, method):
        config["body"] = body
    _options(case, given, config)
    if name := credential(case):
        config["connection"] = case.connection(name, "http")
    elif words(given.get("authentication")) not in {"", "none"}:
        case.doubt("it authenticates: make a connection for it")
    case.add("action.http_request", config)


def _body(case: Case, given: dict[str, Any], method: str) -> dict[str, Any] | None:
    if method in {"GET", "HEAD"} or not (given.get("sendBody") or given.get("jsonParameters")
                                         or "bodyParametersUi" in given):  # fmt: skip
        return None
    kind = words(given.get("contentType")) or words(given.get("bodyContentType")) or "json"
    fields = pairs(given, "bodyParameters", "bodyParametersUi")
    if kind == "json":
        written = given.get("jsonBody", given.get("bodyParametersJson"))
        is_written = given.get("specifyBody") == "json" or (written is not None and not fields)
        return {"type": "json", "value": case.json(written) if is_written else case.value(fields)}
    if kind == "form-urlencoded":
        return {"type": "form", "fields": case.value(fields)}
    if kind == "raw":
        content = case.text(given.get("body"))
        media = words(given.get("rawContentType")) or "text/plain; charset=utf-8"
        return {"type": "raw", "content": content, "content_type": media}
    msg = f"a body of the kind {kind[:40]!r}"
    raise UnknownError(msg)


def _options(case: Case, given: dict[str, Any], config: dict[str, Any]) -> None:
    options = table(given.get("options"))
    if timeout := number(options.get("timeout")):
        config["timeout"] = f"{max(timeout, 1):g}ms"
    response = table(table(options.get("response")).get("response"))
    form = words(response.get("responseFormat")) or words(given.get("responseFormat"))
    if form in _ANSWERS and _ANSWERS[form] != "auto":
        config["response"] = _ANSWERS[form]
    if response.get("neverError") is True:
        config["accept"] = ["1xx", "2xx", "3xx", "4xx", "5xx"]
    if response.get("fullResponse") is True:
        case.doubt(
            "'$json' was the whole answer: status and headers are nodes.<id>.status, .headers"
        )
    if "pagination" in options or "batching" in options:
        case.doubt("pages and batches are set anew: see 'paging'")


def _mail(case: Case, given: dict[str, Any]) -> None:
    if words(given.get("resource")) not in {"", "email"} or words(given.get("operation")) not in {
        "",
        "send",
    }:
        raise UnknownError("it does something else than send a mail")
    to = [one.strip() for one in case.text(given.get("toEmail")).split(",") if one.strip()]
    if not to:
        raise UnknownError("nobody is named to write to")
    config: dict[str, Any] = {
        "connection": case.connection(credential(case, "mail"), "smtp"),
        "to": to,
        "subject": case.text(given.get("subject")),
    }
    for field, names in {
        "sender": ["fromEmail"],
        "text": ["text", "message"],
        "html": ["html"],
    }.items():
        found = next((given[name] for name in names if given.get(name)), None)
        if found is not None:
            config[field] = case.text(found)
    case.add("action.send_email", config)


def _telegram(case: Case, given: dict[str, Any]) -> None:
    if words(given.get("resource")) not in {"", "message"} or words(
        given.get("operation")
    ) not in {"", "sendMessage"}:
        raise UnknownError("only messages of text are sent here: see the nodes message.*")
    config = {
        "bot": case.connection(credential(case, "telegram"), "telegram"),
        "chats": [case.text(given.get("chatId"))],
        "text": case.text(given.get("text")),
    }
    case.add("action.send_telegram", config)


def _postgres(case: Case, given: dict[str, Any]) -> None:
    if words(given.get("operation")) != "executeQuery":
        raise UnknownError(
            "only its queries in SQL are taken over: see the steps of action.database_query"
        )
    query = words(given.get("query"))
    if "{{" in query or query.startswith("=") or "$1" in query:
        raise UnknownError("values are put into its SQL: name them as $parameters")
    step = {"op": "sql", "sql": query, "write": not query.lstrip().lower().startswith("select")}
    name = case.connection(credential(case, "postgres"), "postgresql")
    case.add("action.database_query", {"connection": name, "steps": [step]})


SERVICES: dict[str, Callable[[Case, dict[str, Any]], None]] = {
    "httpRequest": _http,
    "emailSend": _mail,
    "telegram": _telegram,
    "postgres": _postgres,
}
