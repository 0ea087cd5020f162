"""A JupyterLab with FlowForge in it, at a base URL of its own, as an installed wheel would have it."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as TooLateError

from tests.browser.conftest import ROOT, end, start, wait_for
from tests.browser.driver import EditorDriver, seen, until
from tests.ports import free_port

BASE = "/x/y/"
TOKEN = "secret"


def as_installed(home: Path) -> dict[str, str]:
    """Put the extension where a wheel puts it, below `home`, and return the environment that finds it."""
    source = ROOT / "extensions" / "jupyterlab"
    data, config = home / "share" / "jupyter", home / "etc" / "jupyter"
    shutil.copytree(source / "labextension", data / "labextensions" / "flowforge-lab")
    shutil.copytree(source / "config", config / "jupyter_server_config.d")
    quiet = home / "settings" / "@jupyterlab" / "apputils-extension"
    quiet.mkdir(parents=True)
    news = '{"fetchNews": "false", "checkForUpdates": false}'
    (quiet / "notification.jupyterlab-settings").write_text(news, encoding="utf-8")
    return {
        "JUPYTER_PATH": str(data),
        "JUPYTER_CONFIG_PATH": str(config),
        "JUPYTER_CONFIG_DIR": str(home / "own"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
    }


class JupyterLab:
    """A JupyterLab that runs on a folder, with the settings of its user in another."""

    def __init__(self, folder: Path, url: str, settings: Path) -> None:
        self.folder = folder
        self.url = url
        self._settings = settings

    def forget_theme(self) -> None:
        """Be light again, as at first."""
        themes = (
            self._settings / "@jupyterlab" / "apputils-extension" / "themes.jupyterlab-settings"
        )
        themes.unlink(missing_ok=True)


@pytest.fixture(scope="session")
def jupyterlab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterLab]:
    folder = tmp_path_factory.mktemp("desk")
    port = free_port()
    environment = as_installed(tmp_path_factory.mktemp("prefix"))
    settings = [
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.port_retries=0",
        f"--ServerApp.base_url={BASE}",
        f"--IdentityProvider.token={TOKEN}",
        "--ServerApp.jpserver_extensions=ipyflow=False",
        f"--ServerApp.root_dir={folder}",
        "--LabApp.news_url=None",
    ]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    process = start([*command, "--port", str(port), *settings], folder, **environment)
    wait_for(f"http://127.0.0.1:{port}{BASE}api", process)
    url = f"http://127.0.0.1:{port}{BASE}"
    yield JupyterLab(folder, url, Path(environment["JUPYTERLAB_SETTINGS_DIR"]))
    end(process)


@pytest.fixture
def desk(
    page: Page, jupyterlab: JupyterLab, request: pytest.FixtureRequest
) -> Callable[..., Page]:
    """Open JupyterLab in a workspace of its own, on a path if one is given."""

    def open_desk(path: str = "") -> Page:
        jupyterlab.forget_theme()
        tree = f"/tree/{path}" if path else ""
        workspace = request.node.name[:40]
        page.goto(f"{jupyterlab.url}lab/workspaces/{workspace}{tree}?token={TOKEN}&reset")
        page.locator("#jp-main-dock-panel").wait_for(timeout=60000)
        expect(page.locator("#jupyterlab-splash")).to_have_count(0, timeout=60000)
        return page

    return open_desk


def command(page: Page, text: str) -> None:
    """Do what the command palette finds for a text; where it closed again at once, it is opened anew."""
    asked = page.locator(".lm-CommandPalette-input")
    found = page.locator(".lm-CommandPalette-item")

    def ask() -> bool:
        page.keyboard.press("Escape")  # a menu that is open would close
        try:
            page.get_by_role("menuitem", name="View").click(timeout=5000)
            page.get_by_text("Activate Command Palette").click(timeout=5000)
            asked.fill(text, timeout=5000)
        except TooLateError:
            return False
        return seen(found)

    assert until(ask, times=8)
    expect(found).to_have_count(1)
    asked.press("Enter")


@pytest.fixture
def document(desk: Callable[..., Page], jupyterlab: JupyterLab) -> Callable[..., EditorDriver]:
    """Write a workflow into the folder and open it as JupyterLab opens any file."""

    def open_document(name: str, text: str) -> EditorDriver:
        file = jupyterlab.folder / name
        file.write_text(text, encoding="utf-8")
        page = desk(name)
        editor = EditorDriver(page, file)
        editor.root.locator(".react-flow__node, .ff-empty").first.wait_for(timeout=40000)
        return editor

    return open_document
