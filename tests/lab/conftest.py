from pathlib import Path

import pytest

import flowforge_lab as ff
from flowforge_lab.settings import Settings


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "nodes").symlink_to(Path(__file__).parents[1] / "kinds")
    return tmp_path


@pytest.fixture
def write(folder):
    def write(name, text):
        path = folder / f"{name}.flow.yaml"
        path.write_text(text)
        return path

    return write


@pytest.fixture
def settings():
    return Settings(owner_linger_seconds=0.5, poll_seconds=0.05)


@pytest.fixture
def lab(folder, settings):
    with ff.open_lab(folder, settings=settings) as lab:
        yield lab
