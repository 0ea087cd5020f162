"""What the pages of an editor may ask for, one function a question."""

from collections.abc import Callable, Sequence
from typing import Any

from flowforge_lab.errors import (
    ConflictError,
    FlowForgeError,
    NotFoundError,
    PlanError,
    Problem,
)

from .asking import Asker, Message, View, answer_by
from .bench import Workbench
from .bundle import part_text
from .edits import EditError
from .preview import preview
from .session import EditorSession


def answer(session: EditorSession, view: View, message: Any) -> None:
    """Do what a page asks for. What cannot be done is told to that page; nothing is raised."""
    answer_by(_ANSWERS, session, view, message=message)


def _hello(session: EditorSession, asker: Asker, _message: Any) -> None:
    session.join(asker.view)
    asker.tell(session.state())


def _ops(session: EditorSession, asker: Asker, message: Any) -> None:
    try:
        session.edit(list(message["ops"]), asker)
    except EditError as error:
        asker.tell(session.graph(asker.seq, f"Not done: {error}"))


def _save(session: EditorSession, asker: Asker, message: Any) -> None:
    try:
        path = session.save(force=bool(message.get("force")))
    except NotFoundError:
        msg = "This workflow has no file yet: use save(path) in Python."
        raise NotFoundError(msg) from None
    except ConflictError as error:
        if session.check_file():
            msg = "Not saved: somebody else changed the file."
            raise ConflictError(msg) from error
        raise
    asker.tell({"kind": "notice", **_of_saved(session, path.name)})


def _of_saved(session: EditorSession, name: str) -> Message:
    errors = sum(problem.severity == "error" for problem in session.problems)
    if not errors:
        return {"text": f"Saved {name}", "tone": "success"}
    what = "an error keeps" if errors == 1 else f"{errors} errors keep"
    return {"text": f"Saved {name} as a draft: {what} it from running", "tone": "warning"}


def _reload(session: EditorSession, _asker: Asker, _message: Any) -> None:
    try:
        session.reload()
    except FlowForgeError as error:
        msg = f"Not reloaded: {error}"
        raise EditError(msg) from error


def _run(session: EditorSession, _asker: Asker, message: Any) -> None:
    try:
        session.run(message.get("inputs") or {})
    except PlanError as error:
        msg = f"Not run: {_first_of(error.problems)}"
        raise EditError(msg) from error


def _first_of(problems: Sequence[Problem]) -> str:
    first, *others = problems
    return f"{first} (and {len(others)} more)" if others else str(first)


def _cancel(session: EditorSession, _asker: Asker, _message: Any) -> None:
    session.cancel()


def _breakpoint(session: EditorSession, _asker: Asker, message: Any) -> None:
    condition = message.get("condition")
    session.set_breakpoint(str(message["node"]), None if condition is None else str(condition))


def _steer(session: EditorSession, _asker: Asker, message: Any) -> None:
    session.go_on(is_step=bool(message.get("is_step")))


def _check(session: EditorSession, _asker: Asker, _message: Any) -> None:
    session.check_file()


def _inspect(session: EditorSession, asker: Asker, message: Any) -> None:
    node = str(message["node"])
    asker.tell({"kind": "detail", "node": node, "detail": session.detail(node)})


def _names(session: EditorSession, asker: Asker, message: Any) -> None:
    node = str(message["node"])
    asker.tell({"kind": "names", "node": node, "names": session.names(node)})


def _notebook(session: EditorSession, asker: Asker, message: Any) -> None:
    name = str(message["name"])
    asker.tell({"kind": "notebook", "name": name, "takes": session.notebook(name)})


def _part(_session: EditorSession, asker: Asker, message: Any) -> None:
    name = str(message["name"])
    asker.tell({"kind": "part", "name": name, "text": part_text(name)})


def _evaluate(session: EditorSession, asker: Asker, message: Any) -> None:
    text, node, is_template = str(message["text"]), str(message["node"]), bool(message["template"])
    told: Message = {"kind": "value", "text": text, "node": node, "template": is_template}
    try:
        bench = _bench(session)
        value = bench.evaluate(session.workflow, node, text, is_template=is_template)
    except NotFoundError as error:
        asker.tell({**told, "missing": str(error)})
    except FlowForgeError as error:
        asker.tell({**told, "error": str(error)})
    else:
        asker.tell({**told, "value": value})


def _bench(session: EditorSession) -> Workbench:
    if session.bench is None:
        msg = "this editor has no lab, so nothing can be tried in it"
        raise ConflictError(msg)
    return session.bench


def _run_part(session: EditorSession, _asker: Asker, message: Any) -> None:
    bench, document, node = _bench(session).bench, session.document, str(message["node"])
    given = message.get("inputs") or {}
    try:
        if message.get("alone"):
            session.follow(lambda listener: bench.run_node(document, node, listener))
        else:
            session.follow(
                lambda listener: bench.run_until(document, node, listener, inputs=given)
            )
    except PlanError as error:
        msg = f"Not run: {_first_of(error.problems)}"
        raise EditError(msg) from error


def _pins(session: EditorSession, asker: Asker, _message: Any) -> None:
    pins = {} if session.bench is None else session.bench.bench.pins(session.document)
    asker.tell({"kind": "pins", "pins": {node: preview(value) for node, value in pins.items()}})


def _pin(session: EditorSession, asker: Asker, message: Any) -> None:
    bench, node = _bench(session).bench, str(message["node"])
    if message.get("off"):
        bench.unpin(session.document, node)
    else:
        run = session.run_status or {}
        bench.pin(session.document, node, str(run.get("execution_id", "")))
    _pins(session, asker, message)


def _versions(session: EditorSession, asker: Asker, _message: Any) -> None:
    versions = _bench(session).versions(session.document)
    asker.tell({"kind": "versions", "versions": versions})


def _difference(session: EditorSession, asker: Asker, message: Any) -> None:
    asker.tell(_bench(session).difference(session.document, str(message["against"])))


_ANSWERS: dict[str, Callable[[EditorSession, Asker, Any], None]] = {
    "hello": _hello,
    "ops": _ops,
    "save": _save,
    "reload": _reload,
    "run": _run,
    "cancel": _cancel,
    "breakpoint": _breakpoint,
    "steer": _steer,
    "check": _check,
    "inspect": _inspect,
    "names": _names,
    "notebook": _notebook,
    "part": _part,
    "evaluate": _evaluate,
    "run_part": _run_part,
    "pins": _pins,
    "pin": _pin,
    "versions": _versions,
    "difference": _difference,
}
