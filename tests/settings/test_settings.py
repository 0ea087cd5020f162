import subprocess
import sys
from pathlib import Path

import pytest

from flowforge_lab.errors import SettingsError
from flowforge_lab.settings import load_settings, settings_table


@pytest.fixture
def toml(tmp_path: Path):
    def write(text: str) -> Path:
        (tmp_path / "flowforge.toml").write_text(text)
        return tmp_path

    return write


def test_without_a_file_every_setting_has_its_default(tmp_path):
    settings = load_settings(tmp_path / "absent")

    assert settings.expression_seconds == 1.0
    assert settings.private_addresses_allowed is False


def test_the_file_changes_settings_and_may_hold_other_tables(toml):
    folder = toml(
        '[settings]\nlease_seconds = 30\ndefault_timezone = "Europe/Berlin"\n[other]\nx = 1'
    )

    settings = load_settings(folder)

    assert settings.lease_seconds == 30.0
    assert settings.default_timezone == "Europe/Berlin"


def test_the_environment_goes_before_the_file(toml, monkeypatch):
    monkeypatch.setenv("FLOWFORGE_LEASE_SECONDS", "45")
    monkeypatch.setenv("FLOWFORGE_SEAL_ROWS", "")

    settings = load_settings(toml("[settings]\nlease_seconds = 30\nseal_rows = 500"))

    assert settings.lease_seconds == 45.0
    assert settings.seal_rows == 500


def test_unknown_settings_are_all_told_with_what_was_meant(toml):
    folder = toml("[settings]\nlease_second = 30\nfrobnicate = 1")

    with pytest.raises(SettingsError) as caught:
        load_settings(folder)

    assert "did you mean 'lease_seconds'?" in str(caught.value)
    assert "'frobnicate'" in str(caught.value)


def test_a_wrong_value_names_where_it_was_written(toml, monkeypatch):
    monkeypatch.setenv("FLOWFORGE_MAX_VISITS", "many")
    folder = toml('[settings]\ndefault_timezone = "Berlin"\nlease_seconds = 0')

    with pytest.raises(SettingsError) as caught:
        load_settings(folder)

    assert "FLOWFORGE_MAX_VISITS: " in str(caught.value)
    assert "flowforge.toml: [settings] lease_seconds" in str(caught.value)
    assert "no time zone 'Berlin'" in str(caught.value)


@pytest.mark.parametrize("text", ["[settings", "settings = 3", "[settings]\nx = \xff"])
def test_a_broken_file_is_told(toml, text):
    with pytest.raises(SettingsError, match=r"flowforge\.toml"):
        load_settings(toml(text))


def test_settings_cannot_be_changed(tmp_path):
    with pytest.raises(Exception, match="frozen"):
        load_settings(tmp_path).lease_seconds = 3


def test_the_table_says_name_variable_default_and_use():
    rows = {row.name: row for row in settings_table()}

    assert rows["private_addresses_allowed"].variable == "FLOWFORGE_PRIVATE_ADDRESSES_ALLOWED"
    assert rows["private_addresses_allowed"].default == "false"
    assert all(row.doc.endswith(".") for row in rows.values())


def test_the_package_alone_does_not_pull_settings_in():
    code = "import flowforge_lab, sys; print('pydantic_settings' in sys.modules)"

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603  # our own interpreter

    assert said.stdout.strip() == "False"
