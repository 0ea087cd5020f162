"""Kestra: tasks in a row, some of which hold others; values are put in by Pebble."""

from collections.abc import Callable, Sequence
from typing import Any

from .case import Case, no_maker
from .checks import checked
from .durations import duration
from .kestra_head import inputs_of, settings_of
from .kestra_tasks import OUTPUTS, TASKS, Maker, short
from .language import Call, Part, Said, Translator, UnknownError, step
from .reading import MAX_NODES, kept, number, refusal, rows, table, tables, words
from .report import Imported
from .sketch import Original, Sketch
from .words import FILTERS, PEBBLE, functions

End = tuple[str, str]
_MAX_DEPTH = 20


def fits(document: Any) -> bool:
    """Whether a document looks like Kestra's."""
    whole = table(document)
    return "namespace" in whole and bool(rows(whole.get("tasks")))


def read(document: Any, stem: str) -> Imported:
    """Return the workflow of a flow.

    Raises:
        DocumentError: it is none, or has more tasks than are read.
    """
    whole = table(document)
    if not rows(whole.get("tasks")):
        raise refusal("expected a flow of Kestra with 'id', 'namespace' and 'tasks'")
    reading = _Reading(whole, stem)
    sketch = reading.run()
    wanted = tuple(sketch.wanted.values())
    return Imported(
        "kestra", (sketch.workflow(),), tuple(sketch.lines), wanted, tuple(reading.remarks)
    )


class _Reading:
    def __init__(self, whole: dict[str, Any], stem: str) -> None:
        name = words(whole.get("id")) or stem
        self.sketch = Sketch(name, name, "Kestra")
        self.sketch.description = words(whole.get("description"))
        self.remarks: list[str] = []
        self._whole = whole
        self._variables = table(whole.get("variables"))
        self._tasks: dict[str, tuple[str, str]] = {}
        self._count = 0
        self._row = 0

    def run(self) -> Sketch:
        self.sketch.inputs = inputs_of(self._whole)
        self.sketch.settings = settings_of(self._whole)
        if self._whole.get("disabled") is True:
            self.remarks.append(
                "the flow was disabled: activate the workflow only when that is wanted"
            )
        starts = self._triggers()
        ends = self._row_of(rows(self._whole.get("tasks")), starts, 0)
        if self._whole.get("errors"):
            self.remarks.append(
                "'errors' runs after a failure: make it a branch of settings.finally, or of on_error"
            )
            self._note("errors")
        if self._whole.get("finally") or self._whole.get("afterExecution"):
            self.remarks.append(
                "'finally' is a branch here: draw it, and name its first node in settings.finally"
            )
            self._note("finally", "afterExecution")
        for name in ("listeners", "sla", "checks", "pluginDefaults", "taskDefaults"):
            if self._whole.get(name):
                self.remarks.append(f"{name!r} is not taken over")
        self._outputs(ends)
        return self.sketch

    def _note(self, *names: str) -> None:
        text = "\n".join(kept(self._whole[name]) for name in names if self._whole.get(name))
        self.sketch.note(f"Not taken over ({', '.join(names)}):\n{text}", (0, 400))

    # -- triggers

    def _triggers(self) -> list[End]:
        """Add the triggers, and by hand, as every flow of Kestra can be started."""
        start = self.sketch.id_for("start")
        self.sketch.nodes[start] = {"kind": "trigger.manual", "config": {}}
        self.sketch.places[start] = (0, 0)
        starts: list[End] = [(start, "out")]
        for number_, trigger in enumerate(tables(self._whole.get("triggers"))[:50], start=1):
            id = self.sketch.id_for(words(trigger.get("id")) or "trigger")
            original = Original(
                words(trigger.get("id")),
                words(trigger.get("type")),
                trigger,
                at=(0, 120.0 * number_),
            )
            if self._trigger(id, original, trigger):
                starts.append((id, "out"))
        return starts

    def _trigger(self, id: str, original: Original, trigger: dict[str, Any]) -> bool:
        kind = short(original.type)
        doubts: list[str] = []
        if trigger.get("conditions") or trigger.get("when"):
            doubts.append("its conditions are not taken over: put a condition behind it")
        fields = {"disabled": True} if trigger.get("disabled") is True else {}
        if kind == "Schedule" and words(trigger.get("cron")):
            config: dict[str, Any] = {"cron": words(trigger["cron"])}
            if zone := words(trigger.get("timezone")):
                config["timezone"] = zone
            if trigger.get("inputs"):
                doubts.append(
                    "the inputs that the trigger gives are not taken over: give them defaults"
                )
            self.sketch.add(id, "trigger.schedule", config, original=original, **fields)
        elif kind == "Webhook":
            doubts.append("the key was part of the address: set 'auth', or anybody may call it")
            self.sketch.add(id, "trigger.webhook", {"path": ""}, original=original, **fields)
        else:
            todo = "start it by hand, or by another workflow"
            self.sketch.tell(
                original, "left_out", why="there is no trigger of this kind here", todo=todo
            )
            return False
        self.sketch.mapped(original, id, tuple(doubts))
        return True

    # -- tasks

    def _row_of(self, tasks: list[Any], before: list[End], depth: int) -> list[End]:
        """Add tasks one behind the other and return where the last of them is left."""
        for task in tables(tasks):
            self._count += 1
            if self._count > MAX_NODES:
                msg = f"expected at most {MAX_NODES:,} tasks"
                raise refusal(msg)
            before = self._task(task, before, depth)
        return before

    def _task(self, task: dict[str, Any], before: list[End], depth: int) -> list[End]:
        name, kind = words(task.get("id")) or "task", short(words(task.get("type")))
        id = self.sketch.id_for(name)
        self._row += 1
        original = Original(
            name, words(task.get("type")), task, at=(220.0 * self._row, 60.0 * depth)
        )
        self._tasks[name] = (id, kind)
        case = Case(id, original, self.sketch, read=self.said)
        try:
            if kind in _BRANCHING:
                _refuse_deep(depth)
                return _BRANCHING[kind](self, case, task, before=before, depth=depth)
            maker: Maker = TASKS.get(kind, no_maker)
            maker(case, task)
            self._common(case, task)
        except UnknownError as error:
            self._tasks[name] = (id, "")
            code = words(task.get("script")) or "\n".join(
                words(one) for one in rows(task.get("commands"))
            )
            self.sketch.placeholder(id, original, str(error), code=code)
        else:
            self.sketch.mapped(original, id, tuple(case.doubts))
        return self._behind(id, before, task)

    def _behind(self, id: str, before: list[End], task: dict[str, Any]) -> list[End]:
        for source, port in before:
            self.sketch.connect(source, id, port=port)
        if task.get("disabled") is True:
            self.sketch.nodes[id]["disabled"] = True
        return [] if self.sketch.nodes[id]["kind"] == "flow.end" else [(id, "out")]

    def _common(self, case: Case, task: dict[str, Any]) -> None:
        """Take over what tasks of any kind have: retries, limits of time, failures that are allowed."""
        node = self.sketch.nodes[case.id]
        retry = table(task.get("retry"))
        if retry:
            tries = number(retry.get("maxAttempts", retry.get("maxAttempt"))) or 3
            kind = "exponential" if words(retry.get("type")) == "exponential" else "constant"
            first = duration(words(retry.get("interval")) or "PT1S")
            node["retry"] = {
                "attempts": min(max(int(tries), 1), 100),
                "backoff": kind,
                "first": first,
            }
            if kind == "constant":
                node["retry"]["jitter"] = False
        if timeout := words(task.get("timeout")):
            node["timeout"] = duration(timeout)
        if task.get("allowFailure") is True:
            node["continue_with"] = {}
        if task.get("runIf") or task.get("conditions"):
            case.doubt("'runIf' is not taken over: put a condition before it")

    def _open(self, case: Case, kind: str, config: dict[str, Any], *, before: list[End]) -> None:
        """Add a node that other tasks hang on."""
        case.add(kind, config)
        for source, port in before:
            self.sketch.connect(source, case.id, port=port)
        self.sketch.mapped(case.original, case.id, tuple(case.doubts))

    def condition(
        self, case: Case, task: dict[str, Any], *, before: list[End], depth: int
    ) -> list[End]:
        """Add a condition and its two ways."""
        config = {"condition": case.expression(task.get("condition"))}
        self._open(case, "logic.condition", config, before=before)
        yes = self._row_of(rows(task.get("then")), [(case.id, "true")], depth + 1)
        no = self._row_of(rows(task.get("else")), [(case.id, "false")], depth + 1)
        return [*yes, *no]

    def switch(
        self, case: Case, task: dict[str, Any], *, before: list[End], depth: int
    ) -> list[End]:
        """Add a switch and its ways."""
        value = case.expression(task.get("value"))
        ways = table(task.get("cases"))
        if not ways:
            raise UnknownError("it has no cases")
        cases = [
            {"name": f"way_{number_}", "equals": case.value(way)}
            for number_, way in enumerate(ways)
        ]
        self._open(case, "logic.switch", {"value": value, "cases": cases}, before=before)
        ends: list[End] = []
        for number_, tasks in enumerate(ways.values()):
            ends += self._row_of(rows(tasks), [(case.id, f"way_{number_}")], depth + 1)
        return [
            *ends,
            *self._row_of(rows(task.get("defaults")), [(case.id, "default")], depth + 1),
        ]

    def parallel(
        self, case: Case, task: dict[str, Any], *, before: list[End], depth: int
    ) -> list[End]:
        """Add tasks side by side, and what waits for all of them."""
        ends: list[End] = []
        for one in tables(task.get("tasks")):
            ends += self._row_of([one], before, depth + 1)
        case.add("logic.join", {})
        for source, port in ends or before:
            self.sketch.connect(source, case.id, port=port)
        if task.get("concurrent"):
            case.doubt("how many run at once is not limited here")
        self.sketch.mapped(case.original, case.id, tuple(case.doubts))
        return [(case.id, "out")]

    def sequence(
        self, case: Case, task: dict[str, Any], *, before: list[End], depth: int
    ) -> list[End]:
        """Add tasks that stand in a group."""
        why = "its tasks stand in the row themselves"
        if case.original.type.endswith("WorkingDirectory"):
            why += "; they share no folder here"
        self.sketch.tell(case.original, "left_out", why=why)
        return self._row_of(rows(task.get("tasks")), before, depth + 1)

    def loop(
        self, case: Case, task: dict[str, Any], *, before: list[End], depth: int
    ) -> list[End]:
        """Add a loop and the tasks of a turn."""
        values = task.get("values", task.get("value"))
        config: dict[str, Any] = {
            "items": values if isinstance(values, list) else case.json(values)
        }
        if isinstance(config["items"], str):
            config["items"] = case.expression(values)
        at_once = number(task.get("concurrencyLimit", 1))
        if short(case.original.type) == "EachParallel" or at_once == 0:
            at_once = 1000
        if at_once and at_once > 1:
            config["parallel"] = min(int(at_once), 1000)
        case.doubt(
            "outputs of the tasks in it are nodes.<id> within a turn, and a list of results behind it"
        )
        self._open(case, "logic.loop", config, before=before)
        self._row_of(rows(task.get("tasks")), [(case.id, "body")], depth + 1)
        return [(case.id, "done")]

    def _outputs(self, ends: list[End]) -> None:
        """End with the outputs that the flow names."""
        wanted = [one for one in tables(self._whole.get("outputs")) if one.get("id")]
        if not wanted or not ends:
            return
        original = Original("outputs", "outputs", self._whole.get("outputs"))
        case = Case(self.sketch.id_for("outputs"), original, self.sketch, read=self.said)
        try:
            case.add(
                "flow.end",
                {"result": {words(one["id"]): case.value(one.get("value")) for one in wanted}},
            )
        except UnknownError as error:
            self.sketch.placeholder(case.id, original, str(error))
        else:
            self.sketch.mapped(original, case.id, tuple(case.doubts))
        for source, port in ends:
            self.sketch.connect(source, case.id, port=port)

    # -- expressions

    def said(self, text: str) -> Said:
        """Return an expression of Pebble in our words.

        Raises:
            UnknownError: it cannot be said.
        """
        return checked(Translator(text, self._root, PEBBLE, filters=FILTERS).whole())

    def _root(self, root: str, parts: Sequence[Part]) -> tuple[str, int]:
        names = [part for part in parts if isinstance(part, str)]
        if root == "inputs" and names:
            return f"inputs{step(names[0])}", 1
        if root == "outputs" and len(names) > 1 and names == list(parts[: len(names)]):
            return self._output(names)
        if root == "vars" and names:
            return self._variable(names[0]), 1
        return _elsewhere(root, parts)

    def _output(self, names: list[str]) -> tuple[str, int]:
        if names[0] not in self._tasks:
            msg = f"there is no task {names[0][:60]!r} before this"
            raise UnknownError(msg)
        id, kind = self._tasks[names[0]]
        known = OUTPUTS.get(kind, {})
        if names[1] not in known:
            msg = f"the output {names[1][:60]!r} of {names[0][:60]!r} has no counterpart"
            raise UnknownError(msg)
        return f"nodes.{id}{known[names[1]]}", 2

    def _variable(self, name: str) -> str:
        value = self._variables.get(name)
        if value is None or isinstance(value, dict | list) or "{{" in words(value):
            msg = f"the variable {name[:60]!r} is no constant"
            raise UnknownError(msg)
        return repr(value)


_KNOWN = {
    ("taskrun", "value"): "item",
    ("execution", "id"): "execution.id",
    ("execution", "startDate"): "execution.started_at",
    ("flow", "id"): "execution.workflow_id",
    ("trigger", "body"): "trigger.body",
    ("trigger", "headers"): "trigger.headers",
    ("trigger", "parameters"): "trigger.query",
}


def _elsewhere(root: str, parts: Sequence[Part]) -> tuple[str, int]:
    """Return what is neither an input, an output nor a variable: facts of the execution, functions."""
    first = parts[0] if parts else ""
    if isinstance(first, str) and (root, first) in _KNOWN:
        return _KNOWN[root, first], 1
    if isinstance(first, Call) and not first.name:
        return "now()" if root == "now" and not first.arguments else functions(root, first), 1
    msg = f"{root!r} is not known here"
    raise UnknownError(msg)


def _refuse_deep(depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise UnknownError("tasks are nested too deeply")


_BRANCHING: dict[str, Callable[..., list[End]]] = {
    "If": _Reading.condition,
    "Switch": _Reading.switch,
    "Parallel": _Reading.parallel,
    "Sequential": _Reading.sequence,
    "WorkingDirectory": _Reading.sequence,
    "ForEach": _Reading.loop,
    "EachSequential": _Reading.loop,
    "EachParallel": _Reading.loop,
}
