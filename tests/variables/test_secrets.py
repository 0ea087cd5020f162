import concurrent.futures
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from flowforge_lab.errors import NotFoundError, SettingsError
from flowforge_lab.variables import Secrets


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / ".flowforge"


def test_a_secret_that_was_set_is_found_again_by_anybody(folder):
    Secrets(folder, {}).set("api_token", "s3cret")

    assert Secrets(folder, {}).get("api_token") == "s3cret"
    assert Secrets(folder, {}).names() == ["api_token"]


def test_the_environment_goes_first(folder):
    secrets = Secrets(folder, {"FLOWFORGE_SECRET_API_TOKEN": "from outside"})
    secrets.set("api_token", "from the file")

    assert secrets.get("api_token") == "from outside"
    assert secrets.values() == {"from outside", "from the file"}


def test_an_empty_variable_does_not_count(folder):
    secrets = Secrets(folder, {"FLOWFORGE_SECRET_API_TOKEN": ""})

    with pytest.raises(NotFoundError):
        secrets.get("api_token")


def test_a_missing_secret_says_how_to_set_it_and_what_was_meant(folder):
    secrets = Secrets(folder, {"FLOWFORGE_SECRET_API_TOKEN": "x"})

    with pytest.raises(NotFoundError) as caught:
        secrets.get("api_tokn")

    assert "did you mean 'api_token'?" in str(caught.value)
    assert "flowforge secrets set api_tokn" in str(caught.value)
    assert "FLOWFORGE_SECRET_API_TOKN" in str(caught.value)


def test_the_file_is_for_its_owner_alone(folder):
    Secrets(folder, {}).set("a", "1234")

    assert stat.S_IMODE((folder / "secrets.toml").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_a_file_that_others_may_touch_is_refused_with_the_command_that_mends_it(folder, mode):
    secrets = Secrets(folder, {})
    secrets.set("a", "1234")
    (folder / "secrets.toml").chmod(mode)

    with pytest.raises(SettingsError, match=r"run: chmod 600 .*secrets\.toml"):
        secrets.get("a")


@pytest.mark.parametrize(
    "value",
    [
        "\"quoted\" \\ and 'more'",
        "two\nlines\r\n",
        "\x00\x01\x1f\x7f",
        "ключ 😀",
        "# [x] = 1",
        " x ",
    ],
)
def test_any_text_can_be_a_secret(folder, value):
    Secrets(folder, {}).set("odd", value)

    assert Secrets(folder, {}).get("odd") == value


@pytest.mark.parametrize("name", ["", "Upper", "with space", "with-dash", "1st", "a.b", "ü"])
def test_a_name_that_no_expression_could_write_is_refused(folder, name):
    with pytest.raises(SettingsError, match="name"):
        Secrets(folder, {}).set(name, "1234")


@pytest.mark.parametrize("value", ["", "\ud800"])
def test_a_value_that_cannot_be_kept_is_refused(folder, value):
    with pytest.raises(SettingsError, match="value"):
        Secrets(folder, {}).set("a", value)


def test_removing_takes_it_out_of_the_file(folder):
    secrets = Secrets(folder, {})
    secrets.set("a", "1234")
    secrets.remove("a")

    assert secrets.names() == []
    with pytest.raises(NotFoundError, match="nothing to remove"):
        secrets.remove("a")


def test_what_the_environment_gives_cannot_be_removed(folder):
    with pytest.raises(NotFoundError, match="only in the environment"):
        Secrets(folder, {"FLOWFORGE_SECRET_A": "1234"}).remove("a")


@pytest.mark.parametrize("content", ['token = "top-s3cret', "token = 5", "[table]\nx = 1", "\xff"])
def test_a_broken_file_is_told_without_showing_what_is_in_it(folder, content):
    folder.mkdir()
    path = folder / "secrets.toml"
    path.write_bytes(content.encode("latin-1"))
    path.chmod(0o600)

    with pytest.raises(SettingsError) as caught:
        Secrets(folder, {}).get("token")

    assert "top-s3cret" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_no_value_is_in_the_representation(folder):
    secrets = Secrets(folder, {"FLOWFORGE_SECRET_B": "value-b"})
    secrets.set("a", "value-a")

    assert repr(secrets) == "Secrets(a, b)"


def test_a_change_by_another_process_is_seen_at_once(folder):
    mine, other = Secrets(folder, {}), Secrets(folder, {})
    mine.set("a", "first")
    assert mine.get("a") == "first"

    other.set("a", "other")

    assert mine.get("a") == "other"


def test_many_writers_at_once_lose_nothing(folder):
    names = [f"name_{number}" for number in range(40)]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: Secrets(folder, {}).set(name, f"value of {name}"), names))

    assert Secrets(folder, {}).names() == sorted(names)


KILLED = """
import os, sys
from pathlib import Path
from flowforge_lab.variables import Secrets
secrets = Secrets(Path(sys.argv[1]), {})
print("ready", flush=True)
while True:
    secrets.set("a", "x" * 100_000)
    secrets.set("a", "y" * 100_000)
"""


def test_a_writer_killed_at_any_moment_leaves_a_whole_file(folder):
    Secrets(folder, {}).set("a", "z" * 100_000)
    for _ in range(3):
        with subprocess.Popen(  # noqa: S603  # our own interpreter and text
            [sys.executable, "-c", KILLED, str(folder)], stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            writer.kill()

    assert len(set(Secrets(folder, {}).get("a"))) == 1
    Secrets(folder, {}).set("b", "1234")
    assert {path.name for path in folder.iterdir()} == {"secrets.toml", ".secrets.toml.lock"}
