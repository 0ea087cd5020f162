"""`flowforge notebook template`: the notebooks that analyse a history, listed or copied."""

import json
import shutil
from pathlib import Path

import click
import msgspec

from flowforge_lab.errors import ConflictError, NotFoundError, StoreUnavailableError
from flowforge_lab.spec import did_you_mean

from .answers import write_json
from .helped import Command
from .options import json_option
from .screen import program_name, shown_path, stdout_console
from .starter import notebooks_folder
from .tables import table_of


class Template(msgspec.Struct, frozen=True):
    """A notebook with parameters that runs on any lab; title and summary are those of its first cell."""

    name: str
    title: str
    summary: str


@click.command(
    "template",
    cls=Command,
    examples=(
        "flowforge notebook template",
        "flowforge notebook template failures",
        "flowforge notebook template bot-funnel reports/funnel.ipynb --json",
    ),
)
@click.argument("name", required=False)
@click.argument("target", required=False, type=click.Path(path_type=Path))
@json_option
def template(name: str | None, target: Path | None, *, as_json: bool) -> None:
    """Copy the template NAME to TARGET, by default NAME.ipynb here; without NAME list what there is.

    Templates analyse the history of a lab. Each has a cell of parameters at its top, so that it can be
    run by hand, by a workflow or at set times. A file that is there already is left as it is.
    """
    if name is None:
        _list(as_json=as_json)
        return
    found = _find(name)
    place = target or Path(f"{name}.ipynb")
    _copy(_folder() / f"{name}.ipynb", place)
    if as_json:
        write_json({**msgspec.structs.asdict(found), "path": str(place.absolute())})
        return
    click.echo(f"{found.title} in {shown_path(place)}")
    click.echo(f"`{program_name()} notebook parameters {place}` says what it takes")


def _list(*, as_json: bool) -> None:
    found = _all()
    if as_json:
        write_json(found)
        return
    rows = [(one.name, one.summary) for one in found]
    stdout_console().print(table_of(("name", "what it tells"), rows))
    click.echo(f"`{program_name()} notebook template NAME` copies one")


def _copy(source: Path, target: Path) -> None:
    try:
        with source.open("rb") as template, target.open("xb") as copy:
            shutil.copyfileobj(template, copy)
    except FileExistsError:
        msg = f"{target} is there already; name another file"
        raise ConflictError(msg) from None
    except OSError as error:
        msg = f"cannot write {target}: {error}"
        raise StoreUnavailableError(msg) from error


def _find(name: str) -> Template:
    found = {one.name: one for one in _all()}
    if name in found:
        return found[name]
    hint = did_you_mean(name, found) or f"there are: {', '.join(found)}"
    msg = f"there is no template {name!r}; {hint}"
    raise NotFoundError(msg)


def _all() -> list[Template]:
    return [_read(path) for path in sorted(_folder().glob("*.ipynb"))]


def _read(path: Path) -> Template:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    title, _, text = "".join(cells[0]["source"]).partition("\n")
    first = text.strip().partition(". ")[0].removesuffix(".")
    return Template(path.stem, title.removeprefix("# "), f"{first}.")


def _folder() -> Path:
    return notebooks_folder() / "templates"
