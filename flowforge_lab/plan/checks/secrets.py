"""No secret stands in a file for everybody to read."""

from collections.abc import Iterator

from flowforge_lab.errors import Problem
from flowforge_lab.nodes import role_at
from flowforge_lab.plan.draft import Draft, texts_in


def check(draft: Draft) -> Iterator[Problem]:
    """Yield a warning for each field made for a secret that holds the value itself."""
    for id, kind in draft.types.items():
        named = {path for path, _ in draft.compiled[id].secrets}
        for path, text in texts_in(draft.configs[id]):
            if text and path not in named and role_at(kind.config, path) == "secret":
                field = ".".join(["config", *map(str, path)])
                hint = "keep it by `flowforge secrets set NAME` and write {{ secrets.NAME }}"
                told = "a secret in clear: whoever reads the file knows it"
                yield Problem("secret.clear", told, id, field, hint, severity="warning")
