"""The settings as a table, for the documentation."""

from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic import ByteSize, SecretStr

from .model import PREFIX, Settings


class SettingRow(NamedTuple):
    """One line of the table of settings in the docs; `default` is empty where there is none."""

    name: str
    variable: str
    type: str
    default: str
    description: str


def settings_table() -> list[SettingRow]:
    """Return every setting, in the order in which they are declared."""
    return [
        SettingRow(
            name=name,
            variable=f"{PREFIX}{name.upper()}",
            type=_type_name(field.annotation),
            default=_default_text(field.default),
            description=field.description or "",
        )
        for name, field in Settings.model_fields.items()
    ]


_TYPE_NAMES = {ByteSize: "bytes", SecretStr: "secret"}


def _type_name(annotation: Any) -> str:
    if isinstance(annotation, type):
        return _TYPE_NAMES.get(annotation, annotation.__name__)
    if get_origin(annotation) is Literal:
        return " or ".join(get_args(annotation))
    kinds = ("int", "ByteSize")
    found = next((kind for kind in kinds if kind in str(annotation)), "float")
    return f"{'bytes' if found == 'ByteSize' else found} or empty"


def _default_text(default: object) -> str:
    if default is None:
        return ""
    if isinstance(default, ByteSize):
        return default.human_readable(decimal=True, separator=" ").replace(".0 ", " ")
    return str(default).lower() if isinstance(default, bool) else str(default)
