import os
import re
import subprocess
import sys

import pytest
from pydantic import ValidationError

from flowforge_lab.errors import SettingsError
from flowforge_lab.settings import Settings, load_connections, load_settings, settings_table


@pytest.fixture
def told(monkeypatch):
    """Set variables of the environment for one test, which starts without any of ours."""
    for name in [key for key in os.environ if key.upper().startswith("FLOWFORGE_")]:
        monkeypatch.delenv(name)
    return lambda **variables: [
        monkeypatch.setenv(name, value) for name, value in variables.items()
    ]


@pytest.fixture
def lab(tmp_path, told):
    """Write the lab's file and return its folder."""

    def write(text):
        (tmp_path / "flowforge.toml").write_text(text, "utf-8")
        return tmp_path

    return write


def test_without_a_file_and_an_environment_everything_has_its_default(told, tmp_path):
    settings = load_settings(tmp_path)

    assert settings == load_settings() == Settings()
    assert (settings.private_addresses_allowed, settings.default_timezone) == (False, "UTC")
    assert (settings.max_payload_bytes, settings.inline_bytes) == (64_000_000, 64_000)
    assert settings.retention_days is None


def test_the_environment_wins_over_the_file(lab, told):
    folder = lab("[settings]\npoll_seconds = 2\nwarm_kernels = 3\n")
    told(FLOWFORGE_POLL_SECONDS="0.25")

    settings = load_settings(folder)

    assert (settings.poll_seconds, settings.warm_kernels) == (0.25, 3)


def test_sizes_are_written_as_people_write_them(lab, told):
    told(FLOWFORGE_INLINE_BYTES="16 kB")

    settings = load_settings(
        lab('[settings]\nmax_payload_bytes = "1.5 GB"\nmax_log_bytes = 1000\n')
    )

    assert (settings.inline_bytes, settings.max_payload_bytes, settings.max_log_bytes) == (
        16_000,
        1_500_000_000,
        1000,
    )


def test_an_empty_variable_counts_as_none(told):
    told(FLOWFORGE_RETENTION_DAYS="", FLOWFORGE_DEFAULT_TIMEZONE="")

    assert load_settings() == Settings()


def test_variables_of_other_parts_are_left_alone(told):
    told(FLOWFORGE_ANOTHER="x", FLOWFORGE_SOMETHING="else")

    assert load_settings() == Settings()


def test_a_misspelt_setting_is_an_error_with_the_nearest_name(lab):
    with pytest.raises(SettingsError) as caught:
        load_settings(lab("[settings]\npol_seconds = 2\nfrobnicate = 1\n"))

    assert (
        "flowforge.toml [settings]: there is no 'pol_seconds'; did you mean 'poll_seconds'?"
        in str(caught.value)
    )
    assert "there is no 'frobnicate'; there are: private_addresses_allowed, " in str(caught.value)


def test_a_misspelt_table_is_an_error(lab):
    with pytest.raises(
        SettingsError, match=r"flowforge.toml: there is no 'setings'; did you mean 'settings'\?"
    ):
        load_settings(lab("[setings]\npoll_seconds = 2\n"))


@pytest.mark.parametrize(
    ("variable", "value", "told_text"),
    [
        (
            "FLOWFORGE_POLL_SECONDS",
            "soon",
            "FLOWFORGE_POLL_SECONDS: .* valid number.*, found 'soon'",
        ),
        ("FLOWFORGE_POLL_SECONDS", "0", "greater than or equal to 0.01"),
        ("FLOWFORGE_POLL_SECONDS", "nan", "found 'nan'"),
        ("FLOWFORGE_EXPRESSION_SECONDS", "inf", "finite number, found 'inf'"),
        ("FLOWFORGE_PRIVATE_ADDRESSES_ALLOWED", "maybe", "valid boolean"),
        ("FLOWFORGE_MAX_LOG_BYTES", "-1", "FLOWFORGE_MAX_LOG_BYTES"),
        ("FLOWFORGE_MAX_LOG_BYTES", "3 XB", "could not interpret byte unit"),
        ("FLOWFORGE_WARM_KERNELS", "1.5", "valid integer"),
        (
            "FLOWFORGE_DEFAULT_TIMEZONE",
            "Mars",
            "expected the IANA name of a time zone.*, found 'Mars'",
        ),
        ("FLOWFORGE_DEFAULT_TIMEZONE", "../../etc/passwd", "expected the IANA name"),
        ("FLOWFORGE_RETENTION_DAYS", "0", "greater than 0"),
    ],
)
def test_a_value_that_cannot_be_used_is_told_with_its_variable(told, variable, value, told_text):
    told(**{variable: value})

    with pytest.raises(SettingsError, match=told_text):
        load_settings()


def test_everything_that_is_wrong_is_told_at_once_each_with_its_place(lab, told):
    folder = lab('[settings]\nlease_seconds = "long"\nwarm_workers = -1\n')
    told(FLOWFORGE_SEGMENT_ROWS="few")

    with pytest.raises(SettingsError) as caught:
        load_settings(folder)

    assert "flowforge.toml [settings] lease_seconds: " in str(caught.value)
    assert "flowforge.toml [settings] warm_workers: " in str(caught.value)
    assert "FLOWFORGE_SEGMENT_ROWS: " in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["[settings\n", "poll_seconds", "[settings]\na = 1\na = 2\n", "\udcff"],
    ids=["cut", "bare", "twice", "bytes"],
)
def test_a_file_that_is_no_toml_is_told_with_its_path(lab, text):
    folder = lab("")
    (folder / "flowforge.toml").write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(SettingsError, match=r"cannot read .*flowforge\.toml"):
        load_settings(folder)


@pytest.mark.parametrize(
    ("text", "load"),
    [
        ("settings = 3\n", load_settings),
        ("[[settings]]\n", load_settings),
        ("connections = []\n", load_connections),
    ],
)
def test_a_table_has_to_be_a_table(lab, text, load):
    with pytest.raises(SettingsError, match="expected a table"):
        load(lab(text))


def test_a_file_that_is_a_folder_is_told(tmp_path, told):
    (tmp_path / "flowforge.toml").mkdir()

    with pytest.raises(SettingsError, match="cannot read"):
        load_settings(tmp_path)


def test_connections_are_given_as_they_are_written(lab):
    folder = lab('[connections.shop]\ntype = "duckdb"\npath = "shop.db"\n[connections."a b"]\n')

    assert load_connections(folder) == {"shop": {"type": "duckdb", "path": "shop.db"}, "a b": {}}


def test_a_lab_without_connections_has_none(lab, tmp_path):
    assert load_connections(None) == load_connections(tmp_path) == load_connections(lab("")) == {}


def test_a_connection_that_is_no_table_is_refused(lab):
    with pytest.raises(SettingsError, match=r"expected a table \[connections.shop\], found str"):
        load_connections(lab('[connections]\nshop = "duckdb:shop.db"\n'))


def test_the_table_for_the_docs_has_every_setting_described():
    rows = settings_table()

    assert [row.name for row in rows] == list(Settings.model_fields)
    assert all(
        row.description.endswith(".") and row.variable == f"FLOWFORGE_{row.name.upper()}"
        for row in rows
    )
    assert {row.name: row.default for row in rows}["max_payload_bytes"] == "64 MB"


def test_importing_the_package_does_not_import_the_settings():
    program = "import sys, flowforge_lab; sys.exit('pydantic_settings' in sys.modules)"

    subprocess.run([sys.executable, "-c", program], check=True)  # nothing but our own text


def test_settings_cannot_be_changed_afterwards():
    with pytest.raises(ValueError, match="frozen"):
        Settings().poll_seconds = 3


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("allowed_origins", "https://a.example foo/", "no path, found 'foo/'"),
        ("allowed_origins", "https://a.example/", "no path"),
        ("trusted_proxies", "10.0.0.1,zzz", "'zzz' does not appear to be an IPv4 or IPv6 network"),
    ],
)
def test_what_can_mean_nothing_is_refused(name, text, told):
    with pytest.raises(ValidationError, match=re.escape(told)):
        Settings(**{name: text})


@pytest.mark.parametrize("text", ["", "*", "127.0.0.1, 10.0.0.0/8", "::1"])
def test_proxies_are_addresses_or_networks(text):
    assert Settings(trusted_proxies=text).trusted_proxies == text
