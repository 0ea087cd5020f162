"""Starts Chromium, JupyterLab and a Panel server for the browser suite, all on 127.0.0.1, and ends them."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    Page,
    Request,
    expect,
    sync_playwright,
)

from tests.browser.driver import EditorDriver
from tests.ports import free_port

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

expect.set_options(timeout=15_000)  # a browser and its server share two cores with other tests


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(120))


def wait_for(url: str, process: subprocess.Popen[bytes], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except urllib.error.HTTPError as error:
            error.close()
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"nothing answers at {url}")


def start(command: list[str], folder: Path, **environment: str) -> subprocess.Popen[bytes]:
    path = f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    with (folder / "server.log").open("wb") as log:
        return subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": path, "FLOWFORGE_FOLDER": str(folder), **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def end(process: subprocess.Popen[bytes]) -> None:
    """End the server and the kernels it started: they share its session."""
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    found = (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
    if found is None:
        pytest.skip("there is no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def outside() -> list[str]:
    """Addresses outside this machine that a page asked for; a test ends with an empty list."""
    return []


@pytest.fixture
def context(chromium: Browser, outside: list[str]) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])

    def note(request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:")):
            outside.append(request.url)

    context.on("request", note)
    yield context
    context.close()
    assert outside == []


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    errors: list[str] = []
    page = context.new_page()

    def note(error: Error) -> None:
        # JupyterLab and extensions of others stumble now and then while a page reloads, in files of their own.
        stack = error.stack or str(error)
        if not any(place in stack for place in ("/static/lab/", "/lab/extensions/jupyterlab-")):
            errors.append(stack)

    page.on("pageerror", note)
    yield page
    assert errors == []


@pytest.fixture
def shot(page: Page, request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Keep a screenshot in the folder named by FLOWFORGE_SHOTS; without one, do nothing."""
    folder = os.environ.get("FLOWFORGE_SHOTS")

    def take(name: str) -> None:
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(Path(folder) / f"{name}.png"))

    return take


@pytest.fixture(scope="session")
def axe() -> str:
    """The text of axe-core."""
    folder = files("axe_playwright_python")
    return folder.joinpath("axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def panel_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("panel")


@pytest.fixture(scope="session")
def panel_url(panel_folder: Path) -> Iterator[str]:
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "panel",
        "serve",
        str(HERE / "panel_app.py"),
        "--port",
        str(port),
    ]
    origin = f"127.0.0.1:{port}"
    process = start(
        [*command, "--address", "127.0.0.1", "--allow-websocket-origin", origin], panel_folder
    )
    wait_for(f"http://{origin}/panel_app", process)
    yield f"http://{origin}/panel_app"
    end(process)


@pytest.fixture
def served(
    page: Page, panel_url: str, panel_folder: Path, request: pytest.FixtureRequest
) -> Callable[..., EditorDriver]:
    """Open an editor on a served page: on the report workflow, or on the text given."""

    def open_page(text: str | None = None, *, on: Page = page, **asked: str) -> EditorDriver:
        name = asked.pop("file", f"{request.node.name[:60]}.flow.yaml")
        file = panel_folder / name
        if text is not None or not file.exists():
            file.write_text(text or (HERE / "report.flow.yaml").read_text(), encoding="utf-8")
        query = "&".join(f"{key}={value}" for key, value in {"file": name, **asked}.items())
        on.goto(f"{panel_url}?{query}")
        editor = EditorDriver(on, file)
        editor.root.locator(".ff-loading").wait_for(state="detached", timeout=20000)
        editor.root.locator(".react-flow__node, .ff-empty").first.wait_for()
        on.wait_for_timeout(150)
        return editor

    return open_page


@pytest.fixture(scope="session")
def lab_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="session")
def lab_url(lab_folder: Path) -> Iterator[str]:
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--port",
        str(port),
    ]
    settings = [
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.port_retries=0",
        "--IdentityProvider.token=secret",
        "--ServerApp.jpserver_extensions=ipyflow=False",  # as `flowforge lab` has it
        f"--ServerApp.root_dir={lab_folder}",
        "--LabApp.news_url=None",
    ]
    home = lab_folder / ".jupyter"
    quiet = home / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    quiet.parent.mkdir(parents=True)
    quiet.write_text('{"fetchNews": "false", "checkForUpdates": false}', encoding="utf-8")
    process = start(
        [*command, *settings],
        lab_folder,
        JUPYTER_CONFIG_DIR=str(home),
        JUPYTERLAB_SETTINGS_DIR=str(home),
    )
    wait_for(f"http://127.0.0.1:{port}/api", process)
    yield f"http://127.0.0.1:{port}"
    end(process)


CELL = """\
import sys
from pathlib import Path
sys.path.insert(0, {here!r})
from scripted import ScriptedRunner
from flowforge_lab.jupyter import Editor
from flowforge_lab.nodes import Registry
editor = Editor({file!r}, registry=Registry(own=Path({here!r}) / 'nodes'), runner=ScriptedRunner(0.15))
editor"""


@pytest.fixture
def notebook(
    page: Page, lab_url: str, lab_folder: Path, request: pytest.FixtureRequest
) -> Callable[..., EditorDriver]:
    """Open a notebook, run its first cell by keyboard, and return the editor below it."""

    def open_notebook(*cells: str, text: str | None = None, cell: str = CELL) -> EditorDriver:
        stem = request.node.name[:60]
        file = lab_folder / f"{stem}.flow.yaml"
        file.write_text(text or (HERE / "report.flow.yaml").read_text(), encoding="utf-8")
        sources = [cell.format(here=str(HERE), file=str(file)), *cells]
        path = lab_folder / f"{stem}.ipynb"
        path.write_text(json.dumps(notebook_of(sources)), encoding="utf-8")
        page.goto(f"{lab_url}/lab/workspaces/{stem}/tree/{path.name}?token=secret")
        page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=60000)
        page.get_by_text("Idle").first.wait_for(state="attached", timeout=60000)
        for button in page.locator(".Toastify__close-button").all():
            button.click()
        run_first_cell(page)
        editor = EditorDriver(page, file)
        editor.nodes.first.wait_for(timeout=40000)
        page.wait_for_timeout(300)
        return editor

    return open_notebook


def run_first_cell(page: Page) -> None:
    """Run it by keyboard; a kernel that is still connecting drops the wish, so it is said again."""
    prompt = page.locator(".jp-Notebook .jp-InputPrompt").first
    for _ in range(15):
        accept_kernel(page)
        page.locator(".jp-Notebook .jp-InputArea .cm-content").first.click()
        page.keyboard.press("Control+Enter")
        page.wait_for_timeout(1000)
        if prompt.inner_text().strip() != "[ ]:":
            return
    pytest.fail("the kernel never took the cell")


def accept_kernel(page: Page) -> None:
    """Take the kernel that JupyterLab asks for where the notebook's own was slow to start."""
    asked = page.locator(".jp-Dialog .jp-mod-accept")
    if asked.count():
        asked.last.click()


def notebook_of(sources: list[str]) -> dict[str, object]:
    cells = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell-{index}",
            "metadata": {},
            "outputs": [],
            "source": source,
        }
        for index, source in enumerate(sources)
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
