"""The text of a cell as plain Python: what IPython adds to it is written out, left out or refused."""

import ast
import re
from collections.abc import Callable

import msgspec

from . import pure_names as known

_MAX_CHARS = 400_000
_SHOWING = known.words("html HTML markdown latex svg SVG javascript js")
_TOLD = known.words("who whos who_ls pwd ls history lsmagic magic pinfo pdoc page quickref")
_RUNS = known.words("time prun memit mprun lprun")
_INSTALLS = re.compile(r"!?%?\s*(?:pip|conda|mamba|uv|apt|apt-get|npm)\b")
_DOLLAR = re.compile(r"\$(?:\$|(?=[A-Za-z_]*[a-z])([A-Za-z_]\w*))")
_ASSIGNED = re.compile(r"^(\s*)([\w,\s]+?)\s*=\s*([!%])\s*(.*)$")


class Cleaned(msgspec.Struct, frozen=True):
    """A cell as plain Python. `obstacles` say what of it cannot be had so, `notes` what was done to it."""

    source: str
    notes: tuple[str, ...] = ()
    obstacles: tuple[str, ...] = ()


def clean(source: str) -> Cleaned:
    """Return a cell as Python that needs no notebook around it; it can be read in any case."""
    if len(source) > _MAX_CHARS:
        return _refused(f"it has {len(source):,} characters, and at most {_MAX_CHARS:,} are read")
    start = source.lstrip()
    if start.startswith("%%"):
        return _of_cell_magic(start)
    if _problem(source) is None:
        return Cleaned(_without_global(source))
    cleaned = _Lines(source).cleaned()
    problem = _problem(cleaned.source)
    if problem is not None:
        return _refused(f"it cannot be read: {problem}")
    return cleaned


def _problem(source: str) -> str | None:
    try:
        ast.parse(source)
    except SyntaxError as error:
        return f"{error.msg} (line {error.lineno})"
    except (ValueError, RecursionError, MemoryError) as error:
        return f"{type(error).__name__}: {error}"[:200]
    return None


def _without_global(source: str) -> str:
    """Return a cell without `global` outside of functions, where it says nothing."""
    if "global" not in source:
        return source
    lines = source.split("\n")
    open_parts: list[ast.AST] = [ast.parse(source)]
    while open_parts:
        part = open_parts.pop()
        if isinstance(part, ast.Global):
            line = lines[part.lineno - 1].encode()
            told = line[: part.col_offset] + b"pass" + line[part.end_col_offset or 0 :]
            lines[part.lineno - 1] = told.decode()
        elif not isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            open_parts += ast.iter_child_nodes(part)
    return "\n".join(lines)


def _refused(reason: str) -> Cleaned:
    return Cleaned(_refusal(reason), obstacles=(reason,))


def _refusal(reason: str) -> str:
    return f"raise NotImplementedError({reason!r})"


def _of_cell_magic(start: str) -> Cleaned:  # noqa: PLR0911  # one case a kind of magic
    first, _, body = start.partition("\n")
    word, _, told = first[2:].strip().partition(" ")
    if word in {"time", "prun", "capture"}:
        inner = clean(body)
        is_named = word == "capture" and told.strip() and not told.strip().startswith("-")
        if is_named:
            return _refused(f"{first.strip()} keeps what is shown under a name")
        return inner
    if word == "timeit":
        return Cleaned("", ("it measures time, and its variables are its own: it is left out",))
    if word in _SHOWING:
        return Cleaned("", (f"it is a %%{word} cell, which only shows something: it is left out",))
    if word in {"bash", "sh"} and not told:
        call = f'import subprocess\nsubprocess.run(["{word}", "-c", {body!r}], check=True)'
        return Cleaned(call, (f"the %%{word} cell runs by subprocess",))
    if word in {"writefile", "file"} and told and not told.startswith("-"):
        text = body if body.endswith("\n") else f"{body}\n"
        return Cleaned(f"open({told.strip()!r}, 'w').write({text!r})")
    return _refused(f"it is a %%{word} cell: write it as Python, or as a node of its own")


class _Lines:
    """A cell whose lines are not all Python."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._notes: list[str] = []
        self._obstacles: list[str] = []

    def cleaned(self) -> Cleaned:
        text = "\n".join(map(self._line, self._source.split("\n")))
        return Cleaned(text, tuple(self._notes), tuple(self._obstacles))

    def _line(self, line: str) -> str:
        start = line.lstrip()
        indent = line[: len(line) - len(start)]
        if assigned := _ASSIGNED.match(line):
            indent, names, sign, told = assigned.groups()
            return indent + self._assigned(names, sign, told)
        if start.startswith("%"):
            return indent + self._magic(start[1:].strip())
        if start.startswith("!"):
            return indent + self._shell(start.lstrip("! "))
        is_question = start.startswith("?") or (start.rstrip().endswith("?") and "#" not in start)
        return f"{indent}pass" if is_question else line

    def _assigned(self, names: str, sign: str, told: str) -> str:
        if sign == "%":
            return self._refuse(f"{names} = %{told}")
        self._notes.append("the shell line runs by subprocess")
        command = f"subprocess.run({_quoted(told)}, shell=True, capture_output=True, text=True)"
        return f"import subprocess; {names} = {command}.stdout.splitlines()"

    def _magic(self, told: str) -> str:
        word, _, rest = told.partition(" ")
        rest = rest.strip()
        if word in known.SETUP_MAGICS:
            return "pass"
        if word in _RUNS:
            return re.sub(r"^(?:-\S+\s+)*", "", rest) or "pass"
        if word in _TOLD or word == "timeit" or _INSTALLS.match(told):
            self._notes.append(f"the line %{told[:60]} is left out")
            return "pass"
        if word in {"env", "set_env"} and not re.search(r"[\s=]", rest):
            self._notes.append(f"the line %{told[:60]} is left out")
            return "pass"
        write = _WRITTEN.get(word)
        written = write(rest) if write is not None and rest else ""
        return written or self._refuse(f"%{told}")

    def _shell(self, told: str) -> str:
        if _INSTALLS.match(told):
            self._notes.append(f"the line !{told[:60]} is left out: install it beforehand")
            return "pass"
        self._notes.append("the shell line runs by subprocess")
        return f"import subprocess; subprocess.run({_quoted(told)}, shell=True, check=False)"

    def _refuse(self, line: str) -> str:
        reason = f"it has the line {line[:60]!r}, which only IPython understands"
        self._obstacles.append(reason)
        return _refusal(reason)


def _quoted(command: str) -> str:
    """Return a line as a text of Python, with the values that IPython puts in: `{name}`, and `$name`.

    Names in capitals alone, such as `$HOME`, are left to the shell.
    """
    told = _DOLLAR.sub(lambda met: f"{{{met[1]}}}" if met[1] else "$", command)
    try:
        ast.parse(f"f{told!r}")
    except SyntaxError:  # braces of the shell's own
        return repr(command)
    return f"f{told!r}" if "{" in told else repr(told)


def _environment(rest: str) -> str:
    name, _, value = map(str.strip, rest.partition("=" if "=" in rest else " "))
    if re.search(r"\s", name):
        return ""
    return f"import os; os.environ[{_quoted(name)}] = {_quoted(value)}"


def _folder(rest: str) -> str:
    """Return a change of folder; one to a folder of before, which only IPython knows, has no form."""
    place = re.sub(r"^-q(?:\s+|$)", "", rest).strip("'\"")
    if not place or place.startswith("-"):
        return ""
    told = _quoted(place)
    is_from_home = place.startswith(("~", "$", "{"))
    return f"import os; os.chdir({f'os.path.expanduser({told})' if is_from_home else told})"


def _script(rest: str) -> str:
    """Return a run of a script; one that is given options or arguments has no form."""
    path = rest.strip("'\"")
    is_bare = path == rest and (rest.startswith("-") or re.search(r"\s", rest))
    return "" if is_bare else f"import runpy; globals().update(runpy.run_path({_quoted(path)}))"


_WRITTEN: dict[str, Callable[[str], str]] = {
    "cd": _folder,
    "env": _environment,
    "set_env": _environment,
    "run": _script,
}
