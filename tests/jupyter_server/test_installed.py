"""What a wheel brings to JupyterLab: the extension and the configuration that switches it on."""

import json
import re
import tomllib

from tests.jupyter_server.conftest import ROOT

SOURCE = ROOT / "extensions" / "jupyterlab"
LAB = SOURCE / "labextension"


def shared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]


def test_a_wheel_puts_both_halves_where_jupyter_looks():
    places = {place: ROOT / source for source, place in shared().items()}

    assert places["share/jupyter/labextensions/flowforge-lab"] == LAB
    config = places["etc/jupyter/jupyter_server_config.d/flowforge_lab.json"]
    switched = json.loads(config.read_text())["ServerApp"]["jpserver_extensions"]
    assert switched == {"flowforge_lab.jupyter_server": True}


def test_jupyterlab_is_led_to_files_that_are_there_and_asked_for_anew():
    package = json.loads((LAB / "package.json").read_text())
    entry = LAB / package["jupyterlab"]["_build"]["load"]

    assert entry.is_file()
    assert (
        "static" not in entry.relative_to(LAB).parts
    )  # the server lets browsers keep such for a year


def test_every_module_imports_only_its_neighbours_and_nothing_is_fetched_from_elsewhere():
    texts = {path.name: path.read_text(encoding="utf-8") for path in (LAB / "lib").iterdir()}
    imported = {
        name for text in texts.values() for name in re.findall(r'from "\./([\w.]+)"', text)
    }

    assert imported <= set(texts)
    outside = "\n".join(texts.values()).replace("http://www.w3.org/2000/svg", "")
    assert "http://" not in outside
    assert "https://" not in outside


def test_the_bundle_has_the_door_that_the_extension_opens():
    source = (ROOT / "extensions" / "editor" / "src" / "main.jsx").read_text(encoding="utf-8")

    assert re.search(r"export default \{[^}]*\bmount\b", source)
