"""Expressions of other products, as far as they mean the same here: JavaScript's and Pebble's common part."""

import re
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<text>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
    r"|(?P<name>[$A-Za-z_][$\w]*)|(?P<op>===|!==|==|!=|<=|>=|&&|\|\||\?\?|\?\.|[-+*/%<>!?:.,()\[\]|~{}]))",
    re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_MAX_CHARS = 4000
_MAX_DEPTH = 40
Kind = Literal["any", "text", "number", "truth"]


class UnknownError(ValueError):
    """An expression means nothing that could be said here; the text says what of it."""


class Said(NamedTuple):
    """An expression in our words; `doubts` are where it may mean something else for some values."""

    text: str
    kind: Kind = "any"
    doubts: tuple[str, ...] = ()


class Call(NamedTuple):
    """A part of a path that calls something."""

    name: str
    arguments: tuple[Said, ...]
    literals: tuple[str, ...]


Part = str | Call
Resolve = Callable[[str, Sequence[Part]], tuple[str, int]]
"""Gives what the root of a path and its first parts are here, and how many parts that took.

Raises:
    UnknownError: it is nothing here.
"""


class Token(NamedTuple):
    """One word of an expression."""

    kind: str
    text: str


def tokens_of(text: str) -> list[Token]:
    """Return the words of an expression.

    Raises:
        UnknownError: there is something else in it.
    """
    if len(text) > _MAX_CHARS:
        raise UnknownError("it is too long")
    found = []
    at, text = 0, text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            msg = f"{text[at : at + 20].strip()!r} is not read"
            raise UnknownError(msg)
        found.append(Token(str(match.lastgroup), match[str(match.lastgroup)]))
        at = match.end()
    return found


def text_in(token: str) -> str:
    """Return what a text in quotes says."""
    return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), token[1:-1], flags=re.DOTALL)


class Translator:
    """Reads one expression. `filters` are the words behind a bar, `methods` those behind a dot."""

    def __init__(
        self, text: str, resolve: Resolve, methods: "Methods", *, filters: "Methods | None" = None
    ) -> None:
        self._tokens = tokens_of(text)
        self._at = 0
        self._depth = 0
        self._resolve = resolve
        self._methods = methods
        self._filters = filters

    def whole(self) -> Said:
        """Return the expression in our words.

        Raises:
            UnknownError: it cannot be said.
        """
        said = self._choice()
        if self._at < len(self._tokens):
            msg = f"{self._tokens[self._at].text!r} is not read here"
            raise UnknownError(msg)
        return said

    def _next(self, *wanted: str) -> str:
        if self._at < len(self._tokens):
            token = self._tokens[self._at]
            if token.kind != "text" and token.text in wanted:
                self._at += 1
                return token.text
        return ""

    def _expect(self, wanted: str) -> None:
        if not self._next(wanted):
            msg = f"expected {wanted!r}"
            raise UnknownError(msg)

    def _choice(self) -> Said:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise UnknownError("it is nested too deeply")
        said = self._binary(0)
        if self._next("?"):
            then = self._choice()
            self._expect(":")
            other = self._choice()
            kind: Kind = then.kind if then.kind == other.kind else "any"
            text = f"({then.text} if {said.text} else {other.text})"
            said = Said(text, kind, (*truth(said), *then.doubts, *other.doubts))
        self._depth -= 1
        return said

    def _binary(self, level: int) -> Said:
        if level == len(_LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        while operator := self._next(*_LEVELS[level]):
            left = _joined(operator, left, self._binary(level + 1))
        return left

    def _unary(self) -> Said:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise UnknownError("it is nested too deeply")
        said = self._signed()
        self._depth -= 1
        return said

    def _signed(self) -> Said:
        if operator := self._next("!", "not"):
            said = self._unary()
            return Said(f"(not {said.text})", "truth", truth(said))
        if operator := self._next("-"):
            said = self._unary()
            return Said(f"{operator}{said.text}", "number", said.doubts)
        return self._filtered(self._path())

    def _filtered(self, said: Said) -> Said:
        while self._filters is not None and self._next("|"):
            name = self._name()
            arguments = self._arguments() if self._next("(") else Call(name, (), ())
            said = called(self._filters, name, said, arguments=arguments)
        return said

    def _name(self) -> str:
        if self._at < len(self._tokens) and self._tokens[self._at].kind == "name":
            self._at += 1
            return self._tokens[self._at - 1].text
        raise UnknownError("expected a name")

    def _path(self) -> Said:
        if self._at >= len(self._tokens):
            raise UnknownError("it ends too early")
        token = self._tokens[self._at]
        if token.kind == "name" and token.text not in _LITERALS:
            self._at += 1
            return self._named(token.text)
        return self._behind(self._primary(token), self._parts())

    def _named(self, root: str) -> Said:
        parts: list[Part] = []
        if self._next("("):
            parts.append(self._arguments())
        parts += self._parts()
        found, taken = self._resolve(root, parts)
        return self._behind(Said(found), parts[taken:])

    def _primary(self, token: Token) -> Said:
        self._at += 1
        if token.kind == "number":
            return Said(token.text, "number")
        if token.kind == "text":
            return Said(repr(text_in(token.text)), "text")
        if token.kind == "name":
            return Said(*_LITERALS[token.text])
        if token.text == "(":
            said = self._choice()
            self._expect(")")
            return Said(f"({said.text})", said.kind, said.doubts)
        if token.text == "[":
            return _listed(self._until("]"))
        msg = f"{token.text!r} is not read here"
        raise UnknownError(msg)

    def _until(self, end: str) -> list[Said]:
        found: list[Said] = []
        while not self._next(end):
            if found:
                self._expect(",")
            found.append(self._choice())
        return found

    def _parts(self) -> list[Part]:
        parts: list[Part] = []
        while mark := self._next(".", "?.", "["):
            if mark == "[":
                parts.append(self._key())
                continue
            name = self._name()
            if self._next("("):
                call = self._arguments()
                parts.append(Call(name, call.arguments, call.literals))
            else:
                parts.append(name)
        return parts

    def _key(self) -> str:
        token = self._tokens[self._at] if self._at < len(self._tokens) else Token("", "")
        self._at += 1
        self._expect("]")
        if token.kind == "text":
            return text_in(token.text)
        if token.kind == "number" and token.text.isdigit():
            return f"#{token.text}"
        raise UnknownError("what stands in brackets is no constant")

    def _arguments(self) -> Call:
        start = self._at
        arguments = tuple(self._until(")"))
        literals = [
            text_in(one.text) for one in self._tokens[start : self._at] if one.kind == "text"
        ]
        return Call("", arguments, tuple(literals))

    def _behind(self, said: Said, parts: Sequence[Part]) -> Said:
        for part in parts:
            if isinstance(part, Call):
                said = called(self._methods, part.name, said, arguments=part)
            elif part in self._methods and part == "length":
                said = Said(f"len({said.text})", "number", said.doubts)
            else:
                said = Said(said.text + step(part), "any", said.doubts)
        return said


_LEVELS = (
    ("||", "or", "??"),
    ("&&", "and"),
    ("===", "!==", "==", "!="),
    ("<", "<=", ">", ">="),
    ("+", "-", "~"),
    ("*", "/", "%"),
)
_LITERALS: dict[str, tuple[str, Kind]] = {
    "true": ("True", "truth"),
    "false": ("False", "truth"),
    "null": ("None", "any"),
    "undefined": ("None", "any"),
}
_IN_PYTHON = {"||": "or", "&&": "and", "===": "==", "!==": "!=", "~": "+"}
_LOOSE = "what counts as true or empty differs for empty lists and objects"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TAKEN = frozenset((*dir(dict), *dir(str), "if", "else", "for", "in", "is", "and", "or", "not", "lambda",
                    "None", "True", "False", "class", "def", "from", "import", "return", "with", "as",
                    "pass", "while", "try", "except", "raise", "global", "del", "assert", "async",
                    "await", "break", "continue", "elif", "finally", "nonlocal", "yield"))  # fmt: skip

Method = Callable[[Said, Call], Said]
Methods = dict[str, Method]


def step(part: str) -> str:
    """Return how one part of a path is written here."""
    if part.startswith("#") and part[1:].isdigit():
        return f"[{part[1:]}]"
    is_plain = _NAME.fullmatch(part) is not None and part not in _TAKEN
    return f".{part}" if is_plain and not part.startswith("_") else f"[{part!r}]"


def truth(said: Said) -> tuple[str, ...]:
    """Return the doubts about a value that is asked whether it is true."""
    return said.doubts if said.kind in {"truth", "number", "text"} else (*said.doubts, _LOOSE)


def called(methods: Methods, name: str, said: Said, *, arguments: Call) -> Said:
    """Return what a method or a filter makes of a value.

    Raises:
        UnknownError: it is none that means the same here.
    """
    method = methods.get(name)
    if method is None:
        msg = f"{name!r} has no counterpart"
        raise UnknownError(msg)
    given = tuple(doubt for one in arguments.arguments for doubt in one.doubts)
    try:
        made = method(said, arguments)
    except IndexError:
        msg = f"{name!r} has too few arguments"
        raise UnknownError(msg) from None
    return Said(made.text, made.kind, (*said.doubts, *given, *made.doubts))


def _listed(items: list[Said]) -> Said:
    return Said(
        f"[{', '.join(one.text for one in items)}]", "any", sum((one.doubts for one in items), ())
    )


def _joined(operator: str, left: Said, right: Said) -> Said:
    doubts = (*left.doubts, *right.doubts)
    if operator == "??":
        return Said(f"default({left.text}, {right.text})", "any", doubts)
    word = _IN_PYTHON.get(operator, operator)
    text = f"({left.text} {word} {right.text})"
    if word in {"or", "and"}:
        kind: Kind = "truth" if left.kind == right.kind == "truth" else "any"
        return Said(text, kind, (*truth(left), *right.doubts))
    if word in {"==", "!=", "<", "<=", ">", ">="}:
        is_plain = operator in {"===", "!=="} or "any" not in {left.kind, right.kind}
        more = (
            ()
            if is_plain or left.kind != right.kind
            else ("values of different types compare otherwise",)
        )
        return Said(text, "truth", (*doubts, *more))
    if word == "+":
        return _added(operator, left, right)
    return Said(text, "number", doubts)


def _added(operator: str, left: Said, right: Said) -> Said:
    doubts = (*left.doubts, *right.doubts)
    if left.kind == right.kind == "number" and operator == "+":
        return Said(f"({left.text} + {right.text})", "number", doubts)
    if operator == "~" or "text" in {left.kind, right.kind}:
        sides = [one.text if one.kind == "text" else f"str({one.text})" for one in (left, right)]
        more = (
            ()
            if left.kind == right.kind == "text"
            else ("numbers and null are written in Python's way",)
        )
        return Said(f"({' + '.join(sides)})", "text", (*doubts, *more))
    return Said(
        f"({left.text} + {right.text})", "any", (*doubts, "'+' joins only values of one type")
    )
