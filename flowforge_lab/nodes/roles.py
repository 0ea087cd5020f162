"""What the fields of a config are marked with: how each place is read, and which of them name files."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel

from flowforge_lab.expressions import Path, Role

from .fields import Beside, ForNotebook, Marker


def role_at(model: type[BaseModel], path: Path) -> Role | None:
    """Return the role (`expression`, `verbatim`, `secret`, ...) of the field at `path`, or `None`.

    A role holds for everything below the field that declares it. In a union of models any member that
    has the field counts.
    """
    found = _reached(model, _plain(path), Marker)
    return found.role if isinstance(found, Marker) else None


def file_at(model: type[BaseModel], path: Path) -> Beside | None:
    """Return what is known of the file that the field at `path` names, or `None` if it names none."""
    found = _reached(model, _plain(path), Beside)
    return found if isinstance(found, Beside) else None


@lru_cache(maxsize=1024)
def notebook_fields(model: type[BaseModel]) -> tuple[tuple[str, str], ...]:
    """Return each field with values for a notebook's parameters, and the field that names the notebook."""
    marked = (
        (name, marker)
        for name, field in model.model_fields.items()
        for marker in field.metadata
        if isinstance(marker, ForNotebook)
    )
    return tuple((name, marker.path) for name, marker in marked)


def _plain(path: Path) -> Path:
    """Return the path of the first item for that of any: all of a list are read alike, and looked up once."""
    return tuple(0 if isinstance(step, int) else step for step in path)


@lru_cache(maxsize=8192)
def _reached(
    model: type[BaseModel], path: Path, kind: type[Marker | Beside]
) -> Marker | Beside | tuple[Any, ...]:
    """Return the marker that is met on the way to `path`; else all that may stand there."""
    if not path:
        return (model,)
    before = _reached(model, path[:-1], kind)
    if not isinstance(before, tuple):
        return before
    found = [inner for place in before for inner in _inside(place, path[-1])]
    markers = (_marker(inner, kind) for inner in found)
    met = next((marker for marker in markers if marker is not None), None)
    return tuple(part for inner in found for part in _parts(inner)) if met is None else met


def _inside(place: Any, step: str | int) -> Iterator[Any]:
    if isinstance(place, type) and issubclass(place, BaseModel):
        field = place.model_fields.get(str(step))
        if field is not None:
            yield (
                Annotated[field.annotation, *field.metadata]
                if field.metadata
                else field.annotation
            )
        return
    arguments = get_args(place)
    if get_origin(place) is dict and len(arguments) == 2:  # noqa: PLR2004  # key and value
        yield arguments[1]
    elif arguments and isinstance(step, int):
        yield arguments[0]


def _marker(place: Any, kind: type[Marker | Beside]) -> Marker | Beside | None:
    if get_origin(place) is Annotated:
        for extra in get_args(place)[1:]:
            if isinstance(extra, kind):
                return extra
    for part in _members(place):
        if part is not place and (marker := _marker(part, kind)) is not None:
            return marker
    return None


def _members(place: Any) -> Iterator[Any]:
    origin = get_origin(place)
    if origin is Annotated:
        yield get_args(place)[0]
    elif origin is not None and origin not in {list, tuple, dict, set, frozenset}:
        yield from get_args(place)


def _parts(place: Any) -> Iterator[Any]:
    members = list(_members(place))
    if not members:
        yield place
    for member in members:
        yield from _parts(member)
