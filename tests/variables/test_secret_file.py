import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from flowforge_lab.errors import SettingsError, StoreUnavailableError, StoreVersionError
from flowforge_lab.variables import Secrets, without_secrets

posix = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
PASSPHRASE = "FLOWFORGE_SECRETS_PASSPHRASE"
OLD = "FLOWFORGE_SECRETS_OLD_PASSPHRASE"


@pytest.fixture(autouse=True)
def key_file(tmp_path_factory, monkeypatch):
    for name in [key for key in os.environ if key.startswith("FLOWFORGE_SECRET")]:
        monkeypatch.delenv(name)
    path = tmp_path_factory.mktemp("config") / "flowforge" / "secrets.key"
    monkeypatch.setenv("FLOWFORGE_SECRETS_KEY_FILE", str(path))
    return path


@pytest.fixture
def file(tmp_path):
    return tmp_path / "secrets.json"


@pytest.fixture
def secrets(tmp_path):
    return Secrets(tmp_path)


def test_the_file_shows_the_names_and_nothing_of_the_values(secrets, file):
    secrets.set("api_token", "hush-hush")

    assert "api_token" in file.read_text()
    assert "hush" not in file.read_text()


@posix
def test_the_key_lies_outside_the_lab_for_its_owner_alone(secrets, key_file, tmp_path):
    secrets.set("t", "hush")

    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.json"]


def test_without_a_word_the_key_is_kept_with_the_users_configuration(tmp_path, monkeypatch):
    monkeypatch.delenv("FLOWFORGE_SECRETS_KEY_FILE")
    monkeypatch.setenv("APPDATA" if os.name == "nt" else "XDG_CONFIG_HOME", str(tmp_path / "conf"))
    (tmp_path / "lab").mkdir()

    Secrets(tmp_path / "lab").set("t", "hush")

    assert (tmp_path / "conf" / "flowforge" / "secrets.key").is_file()


def test_a_key_file_in_the_lab_itself_is_refused(tmp_path, secrets, monkeypatch):
    monkeypatch.setenv("FLOWFORGE_SECRETS_KEY_FILE", str(tmp_path / "secrets.key"))

    with pytest.raises(SettingsError, match="lies in the lab itself"):
        secrets.set("t", "hush")


def test_a_copied_lab_without_the_key_shows_nothing(secrets, tmp_path, key_file, tmp_path_factory):
    secrets.set("t", "hush")
    copy = tmp_path_factory.mktemp("thief") / "copy"
    shutil.copytree(tmp_path, copy)
    key_file.unlink()

    with pytest.raises(
        SettingsError, match=f"the key to the secrets is lost: there is no {key_file}"
    ):
        Secrets(copy).get("t")
    assert Secrets(copy).names() == ["t"]


def test_with_a_lost_key_nothing_is_set_and_nothing_overwritten(secrets, file, key_file):
    secrets.set("t", "hush")
    before = file.read_bytes()
    key_file.unlink()

    with pytest.raises(SettingsError, match="lost"):
        secrets.set("other", "text")
    with pytest.raises(SettingsError, match="lost"):
        secrets.rotate()

    assert file.read_bytes() == before


def test_the_key_file_of_another_lab_is_told_from_the_right_one(
    secrets, key_file, tmp_path_factory
):
    secrets.set("t", "hush")
    key_file.unlink()
    Secrets(tmp_path_factory.mktemp("other")).set("x", "text")

    with pytest.raises(SettingsError, match=r"has no key .* with which these secrets were locked"):
        secrets.get("t")


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_file_that_others_could_read_is_refused(secrets, key_file, mode):
    secrets.set("t", "hush")
    key_file.chmod(mode)

    with pytest.raises(SettingsError, match=f"chmod 600 {key_file}"):
        secrets.get("t")


@pytest.mark.parametrize("content", ["", "not base64 at all!", "c2hvcnQ=\n", "\x00\xff" * 40])
def test_a_damaged_key_file_is_told_without_a_word_of_it(secrets, key_file, content):
    secrets.set("t", "hush")
    key_file.write_text(content)

    with pytest.raises(SettingsError) as caught:
        secrets.get("t")

    assert str(key_file) in str(caught.value)
    assert "at all" not in str(caught.value)


@pytest.mark.slow
def test_a_passphrase_opens_what_it_locked(tmp_path, monkeypatch, key_file):
    monkeypatch.setenv(PASSPHRASE, "correct horse battery")

    Secrets(tmp_path).set("t", "hush")

    assert Secrets(tmp_path).get("t") == "hush"
    assert not key_file.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "told"), [(None, "set FLOWFORGE_SECRETS_PASSPHRASE"), ("wrong horse", "is wrong")]
)
def test_a_wrong_or_missing_passphrase_is_told(tmp_path, monkeypatch, given, told):
    monkeypatch.setenv(PASSPHRASE, "correct horse battery")
    Secrets(tmp_path).set("t", "hush")
    monkeypatch.delenv(PASSPHRASE)
    if given:
        monkeypatch.setenv(PASSPHRASE, given)

    for attempt in (lambda: Secrets(tmp_path).get("t"), lambda: Secrets(tmp_path).set("u", "x")):
        with pytest.raises(SettingsError, match=told) as caught:
            attempt()
        assert "horse" not in str(caught.value)


def test_a_passphrase_anybody_could_guess_is_refused(secrets, monkeypatch, file):
    monkeypatch.setenv(PASSPHRASE, "hunter2")

    with pytest.raises(SettingsError, match="too short"):
        secrets.set("t", "hush")

    assert not file.exists()


def test_a_rotation_leaves_the_values_and_changes_all_that_is_written(secrets, file, key_file):
    secrets.set("one", "first")
    secrets.set("two", "second")
    before, key = json.loads(file.read_bytes()), key_file.read_text()

    secrets.rotate()

    after = json.loads(file.read_bytes())
    assert (secrets.get("one"), secrets.get("two")) == ("first", "second")
    assert after["lock"] != before["lock"]
    assert not set(after["secrets"].values()) & set(before["secrets"].values())
    assert key_file.read_text().endswith(key)  # another lab may need it


def test_a_rotation_that_forgets_leaves_one_key(secrets, key_file, tmp_path, tmp_path_factory):
    secrets.set("t", "hush")
    copy = tmp_path_factory.mktemp("thief") / "copy"
    shutil.copytree(tmp_path, copy)

    secrets.rotate(forgets=True)

    assert len(key_file.read_text().split()) == 1
    assert secrets.get("t") == "hush"
    with pytest.raises(SettingsError, match="has no key"):
        Secrets(copy).get("t")


@pytest.mark.slow
def test_a_rotation_goes_over_to_a_passphrase_to_another_and_back(secrets, monkeypatch):
    secrets.set("t", "hush")
    monkeypatch.setenv(PASSPHRASE, "correct horse")
    assert secrets.rotate() == "passphrase"
    monkeypatch.setenv(OLD, "correct horse")
    monkeypatch.setenv(PASSPHRASE, "another horse")
    assert secrets.rotate() == "passphrase"
    monkeypatch.setenv(OLD, "another horse")
    monkeypatch.delenv(PASSPHRASE)

    assert secrets.rotate() == "key file"

    monkeypatch.delenv(OLD)
    assert secrets.get("t") == "hush"


def test_setting_a_secret_does_not_change_what_locks_the_others(secrets, file, monkeypatch):
    secrets.set("t", "hush")
    monkeypatch.setenv(PASSPHRASE, "correct horse")

    secrets.set("u", "hush too")

    assert json.loads(file.read_bytes())["lock"]["kind"] == "key file"


@pytest.mark.slow
def test_a_rotation_killed_at_any_write_leaves_secrets_that_open(secrets, tmp_path):
    secrets.set("t", "hush")
    program = (
        "import os, sys; from pathlib import Path; import flowforge_lab.variables.secret_file as f\n"
        "from flowforge_lab.variables import Secrets\n"
        "f.replace = lambda path, content: os._exit(9)\n"
        "Secrets(Path(sys.argv[1])).rotate()"
    )

    killed = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)

    assert killed.returncode == 9
    assert secrets.get("t") == "hush"
    secrets.rotate()
    assert secrets.get("t") == "hush"


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: "[]",
        lambda text: text.replace('"format"', '"farmat"'),
        lambda text: text.replace("gAAAA", "gAAAB"),
        lambda text: text.replace('"secrets"', '"memory_kib": 4e12, "secrets"'),
    ],
)
def test_a_damaged_file_is_told_and_not_overwritten(secrets, file, damage):
    secrets.set("t", "hush")
    file.write_text(damage(file.read_text()))
    damaged = file.read_bytes()

    with pytest.raises(StoreUnavailableError, match=f"{file} is damaged"):
        secrets.get("t")
    with pytest.raises(StoreUnavailableError, match="is damaged"):
        secrets.rotate()

    assert file.read_bytes() == damaged


def test_one_secret_cannot_be_put_under_the_name_of_another(secrets, file):
    secrets.set("harmless", "text")
    secrets.set("precious", "hush")
    document = json.loads(file.read_bytes())
    document["secrets"]["harmless"] = document["secrets"]["precious"]
    file.write_text(json.dumps(document))

    with pytest.raises(StoreUnavailableError, match="'harmless' is another secret"):
        secrets.get("harmless")


def test_a_file_of_a_newer_version_is_left_alone(secrets, file):
    secrets.set("t", "hush")
    file.write_text(file.read_text().replace('"format": 1', '"format": 2'))

    with pytest.raises(StoreVersionError, match="upgrade flowforge-lab"):
        secrets.set("u", "x")


def write_plain(folder, text):
    path = folder / "secrets.toml"
    path.touch(mode=0o600)
    path.write_text(text)
    return path


def test_the_file_of_older_versions_is_taken_in_and_deleted(secrets, tmp_path, file):
    plain = write_plain(tmp_path, 'old = "hush-hush"\nother = "also"\n')

    assert secrets.get("old") == "hush-hush"
    assert not plain.exists()
    assert secrets.names() == ["old", "other"]
    assert "hush-hush" not in file.read_text()


def test_what_is_written_by_hand_later_goes_before_what_was_there(secrets, tmp_path):
    secrets.set("t", "before")
    write_plain(tmp_path, 't = "by hand"\n')

    assert secrets.get("t") == "by hand"
    assert secrets.names() == ["t"]


def test_a_lab_whose_key_cannot_be_kept_goes_on_with_the_old_file(tmp_path, monkeypatch, caplog):
    (tmp_path / "a file").write_text("")
    monkeypatch.setenv("FLOWFORGE_SECRETS_KEY_FILE", str(tmp_path / "a file" / "secrets.key"))
    (tmp_path / "lab").mkdir()
    plain = write_plain(tmp_path / "lab", 't = "hush"\n')

    assert Secrets(tmp_path / "lab").get("t") == "hush"
    assert plain.exists()
    assert "secrets stay unencrypted" in caplog.text


@posix
@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_lab_that_cannot_be_written_shows_its_old_file(tmp_path):
    write_plain(tmp_path, 't = "hush"\n')
    tmp_path.chmod(0o500)
    try:
        assert Secrets(tmp_path).get("t") == "hush"
    finally:
        tmp_path.chmod(0o700)


def test_foreign_code_gets_nothing_that_unlocks_secrets():
    told = dict.fromkeys(
        [PASSPHRASE, OLD, "FLOWFORGE_SECRET_T", "VAULT_TOKEN", "FLOWFORGE_VAULT_TOKEN", "HOME"],
        "x",
    )

    assert without_secrets(told) == {"HOME": "x"}


@pytest.mark.slow
def test_two_that_set_the_first_secret_at_once_share_one_file(tmp_path, key_file):
    program = (
        "import sys; from pathlib import Path; from flowforge_lab.variables import Secrets\n"
        "Secrets(Path(sys.argv[1])).set(f's{sys.argv[2]}', 'hush')"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]

    started = [subprocess.Popen([*command, str(n)]) for n in range(3)]

    assert [process.wait() for process in started] == [0, 0, 0]
    found = Secrets(tmp_path)
    assert [found.get(name) for name in found.names()] == ["hush"] * 3


@pytest.mark.slow
def test_no_error_of_it_is_lost_on_the_way_to_the_shell(tmp_path, key_file):
    lab = tmp_path / "lab"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    (lab / ".flowforge").mkdir(parents=True, mode=0o700)
    Secrets(lab / ".flowforge").set("t", "hush")
    (lab / ".flowforge" / "secrets.json").write_text("{")
    command = [sys.executable, "-m", "flowforge_lab.cli", "secrets", "--lab", str(lab), "--json"]

    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert told.returncode == 5
    assert json.loads(told.stderr)["error"]["type"] == "store_unavailable"
