import os
import stat
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowforge_lab.errors import NotFoundError, SettingsError, StoreError
from flowforge_lab.variables import Secrets

posix = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
VALUES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@pytest.fixture
def secrets(tmp_path, monkeypatch):
    for name in [key for key in os.environ if key.startswith("FLOWFORGE_SECRET_")]:
        monkeypatch.delenv(name)
    return Secrets(tmp_path)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "secrets.json"


@pytest.fixture
def plain(tmp_path):
    """The file of older versions."""
    return tmp_path / "secrets.toml"


@pytest.fixture
def write_plain(plain):
    def write(text, mode=0o600):
        plain.touch(mode=0o600)
        plain.write_bytes(text.encode("utf-8", "surrogateescape"))
        plain.chmod(mode)

    return write


@pytest.fixture(autouse=True)
def key_file(tmp_path_factory, monkeypatch):
    path = tmp_path_factory.mktemp("config") / "secrets.key"
    monkeypatch.setenv("FLOWFORGE_SECRETS_KEY_FILE", str(path))
    return path


def test_a_secret_that_was_set_is_there_for_everybody_who_looks(secrets, tmp_path):
    secrets.set("api_token", "hush-hush")

    assert Secrets(tmp_path).get("api_token") == "hush-hush"
    assert secrets.names() == ["api_token"]


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VALUES)
def test_any_text_comes_back_as_it_was(secrets, value):
    secrets.set("t", value)

    assert secrets.get("t") == value


def test_the_environment_wins_over_the_file(secrets, monkeypatch):
    secrets.set("api_token", "from the file")
    monkeypatch.setenv("FLOWFORGE_SECRET_API_TOKEN", "from outside")
    monkeypatch.setenv("FLOWFORGE_SECRET_OTHER", "also")

    assert secrets.get("api_token") == "from outside"
    assert secrets.get("other") == "also"
    assert secrets.names() == ["api_token", "other"]


def test_a_secret_that_is_missing_is_told_with_how_to_set_it(secrets):
    secrets.set("api_token", "hush")

    with pytest.raises(NotFoundError) as caught:
        secrets.get("api_tokn")

    assert "there is no secret 'api_tokn'; did you mean 'api_token'?" in str(caught.value)
    assert "`flowforge secrets set api_tokn` or FLOWFORGE_SECRET_API_TOKN" in str(caught.value)


def test_a_lab_without_a_file_has_no_secrets(secrets, file):
    assert secrets.names() == []
    assert not file.exists()


def test_a_secret_that_was_removed_is_gone_and_the_others_stay(secrets):
    secrets.set("one", "first")
    secrets.set("two", "second")

    secrets.remove("one")

    assert secrets.names() == ["two"]
    with pytest.raises(NotFoundError):
        secrets.remove("one")


@posix
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_the_file_is_for_its_owner_alone_whatever_the_umask(secrets, file, umask):
    before = os.umask(umask)
    try:
        secrets.set("t", "hush")
        secrets.set("t", "hush again")
    finally:
        os.umask(before)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601, 0o644])
def test_a_plain_file_that_others_could_read_is_refused_with_the_remedy(
    secrets, plain, write_plain, mode
):
    write_plain('t = "hush"', mode)

    with pytest.raises(SettingsError, match=f"has mode 0{mode:o}.*`chmod 600 {plain}`"):
        secrets.get("t")
    with pytest.raises(SettingsError, match="chmod 600"):
        secrets.set("other", "text")


def test_a_secret_of_the_environment_needs_no_file_that_can_be_read(secrets, file, monkeypatch):
    file.write_text("not toml")
    monkeypatch.setenv("FLOWFORGE_SECRET_T", "hush")

    assert secrets.get("t") == "hush"


@pytest.mark.parametrize("name", ["", "a-b", "1st", "a b", "x\n", "ключ", "a.b", '"'])
def test_a_name_has_to_be_one(secrets, name):
    with pytest.raises(ValueError, match="letters, digits and underscores"):
        secrets.set(name, "hush")


@pytest.mark.parametrize("value", ["", "half \ud800"])
def test_a_value_has_to_be_text_that_can_be_kept(secrets, file, value):
    with pytest.raises(ValueError, match="expected text that is not empty"):
        secrets.set("t", value)

    assert not file.exists()


@pytest.mark.parametrize(
    "text",
    [
        't = "hush-hush',
        "t = hush-hush",
        't = "hush-hush"\nt = "hush-hush"',
        "t = 7",
        "[hush]\nx = 1",
        "\udcffhush",
    ],
)
def test_what_is_wrong_with_a_plain_file_is_told_without_a_word_of_it(
    secrets, plain, write_plain, text
):
    write_plain(text)

    with pytest.raises(SettingsError) as caught:
        secrets.get("t")

    assert "hush-hush" not in str(caught.value)
    assert caught.value.__context__ is None or "hush-hush" not in str(caught.value.__context__)
    assert str(plain) in str(caught.value)


def test_no_value_is_shown(secrets):
    secrets.set("t", "hush-hush")

    assert "hush" not in f"{secrets} {secrets!r} {vars(secrets)}"


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(StoreError, match=r"cannot write .*: No such file"):
        Secrets(tmp_path / "nowhere").set("t", "hush")


@pytest.mark.slow
def test_secrets_that_are_set_at_once_are_all_kept(secrets, tmp_path):
    program = (
        "import sys; from pathlib import Path; from flowforge_lab.variables import Secrets\n"
        "for n in range(20): Secrets(Path(sys.argv[1])).set(f's{sys.argv[2]}_{n}', 'hush')"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]

    started = [subprocess.Popen([*command, str(n)]) for n in range(4)]  # our own text

    assert [process.wait() for process in started] == [0, 0, 0, 0]
    assert len(secrets.names()) == 80


@pytest.mark.slow
def test_a_disk_that_takes_no_more_leaves_the_secrets_as_they_were(secrets, tmp_path):
    secrets.set("old", "hush-hush")
    program = (
        "import resource, sys; from pathlib import Path\n"
        "from flowforge_lab.errors import StoreFullError; from flowforge_lab.variables import Secrets\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (8, 8))\n"
        "try: Secrets(Path(sys.argv[1])).set('new', 'x' * 99)\n"
        "except StoreFullError as error: print(error)"
    )

    told = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True
    )

    assert "cannot write" in told.stdout
    assert secrets.names() == ["old"]
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.json"]
