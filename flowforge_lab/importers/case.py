"""One node on its way from there to here: how its fields are read, and what it leaves for those behind it."""

import json
import re
from collections.abc import Callable
from typing import Any

from .language import Said, UnknownError
from .reading import LEFT_OUT, clean, is_secret
from .sketch import Original, Sketch
from .words import Read, expression, template

_BRACES = r"\{\{(.*?)\}\}"
_TOKEN = re.compile("\ue000(\\d+)\ue001")


class Case:
    """A node with the workflow it goes into. `read` gives an expression of it in our words.

    `mark` is what a text begins with that holds expressions; empty where every text may.
    """

    def __init__(
        self, id: str, original: Original, sketch: Sketch, *, read: Read, mark: str = ""
    ) -> None:
        self.id = id
        self.original = original
        self.sketch = sketch
        self.read = read
        self.mark = mark
        self.braces = _BRACES
        self.prepare: Callable[[str], str] = str
        self.doubts: list[str] = []
        self.calls = ""  # the workflow that is called, where that is in the same document

    def doubt(self, *texts: str) -> None:
        """Note where it may mean something else here."""
        self.doubts.extend(texts)

    def _opened(self, text: str) -> str | None:
        """Return the text that holds expressions; nothing where it holds none."""
        text = self.prepare(text)
        if not re.search(self.braces, text, re.DOTALL):
            return None
        return text.removeprefix(self.mark) if text.startswith(self.mark) else None

    def text(self, value: Any) -> str:
        """Return a text field as a template of ours.

        Raises:
            UnknownError: an expression in it cannot be said here.
        """
        if not isinstance(value, str):
            return "" if value is None else json.dumps(value, ensure_ascii=False)
        opened = self._opened(value)
        if opened is None:
            literal = value.removeprefix(self.mark)
            if "{{" in literal:
                raise UnknownError("braces in a plain text would be an expression here")
            return literal
        made, doubts = template(opened, self.read, braces=self.braces)
        self.doubt(*doubts)
        return made

    def value(self, value: Any) -> Any:
        """Return any value with the texts in it as templates of ours."""
        if isinstance(value, dict):
            return {self.text(key): self.value(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(item) for item in value]
        return self.text(value) if isinstance(value, str) else value

    def said(self, value: Any) -> Said:
        """Return a field as one expression of ours."""
        if not isinstance(value, str):
            return _literal(value)
        opened = self._opened(value)
        if opened is None:
            return Said(repr(value.removeprefix(self.mark)), "text")
        said = expression(opened.strip(), self.read, braces=self.braces)
        self.doubt(*said.doubts)
        return said

    def expression(self, value: Any) -> str:
        """Return the text of a field as one expression of ours."""
        return self.said(value).text

    def json(self, text: Any) -> Any:
        """Return JSON that holds expressions, inside texts and in place of values, as a value of ours.

        Raises:
            UnknownError: it is no JSON, or an expression in it cannot be said.
        """
        if not isinstance(text, str):
            return self.value(text)
        opened = self._opened(text)
        if opened is None:
            return self.value(_loaded(text.removeprefix(self.mark)))
        if re.fullmatch(rf"\s*{self.braces}\s*", opened, re.DOTALL):
            return self.text(text)
        found: list[str] = []

        def keep(match: re.Match[str]) -> str:
            found.append(match[1].strip())
            is_inside = opened[: match.start()].count('"') % 2
            token = f"\ue000{len(found) - 1}\ue001"
            return token if is_inside else f'"{token}"'

        return self._filled(_loaded(re.sub(self.braces, keep, opened, flags=re.DOTALL)), found)

    def _filled(self, value: Any, found: list[str]) -> Any:
        if isinstance(value, dict):
            return {key: self._filled(item, found) for key, item in value.items()}
        if isinstance(value, list):
            return [self._filled(item, found) for item in value]
        if not isinstance(value, str):
            return value

        def put(match: re.Match[str]) -> str:
            said = self.read(found[int(match[1])])
            self.doubt(*said.doubts)
            return "{{ " + said.text + " }}"

        return _TOKEN.sub(put, value)

    def headers(self, pairs: dict[str, Any]) -> dict[str, str]:
        """Return headers or query parameters, without credentials that are written out."""
        made = {}
        for name, value in pairs.items():
            text = self.text(value)
            if is_secret(name, text) or LEFT_OUT in text:
                self.doubt(
                    f"{name!r} holds a credential, which is left out: make a connection with it"
                )
            elif name.strip():
                made[name] = text
        return made

    def connection(self, called: str, kind: str) -> str:
        """Return the name of a connection to make."""
        self.doubt(f"the connection {called!r} ({kind}) is to be made")
        return self.sketch.connection(called, kind, self.id)

    def add(self, kind: str, config: dict[str, Any], **fields: Any) -> None:
        """Add the node to the workflow."""
        self.sketch.add(self.id, kind, config, original=self.original, **fields)


def no_maker(_case: Case, *_given: object) -> Any:
    """Say that there is no counterpart.

    Raises:
        UnknownError: always.
    """
    raise UnknownError("there is no node of this kind here")


def _literal(value: Any) -> Said:
    if isinstance(value, bool):
        return Said(repr(value), "truth")
    return Said(repr(value), "number" if isinstance(value, int | float) else "any")


def _loaded(text: str) -> Any:
    try:
        return clean(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise UnknownError("the JSON in it cannot be read") from error
