from pathlib import Path

import pytest

from spanglass_server.app.settings import find_unknown_variables, load_configuration, load_settings
from spanglass_server.app.settings_reference import render_reference
from spanglass_server.base.errors import Misconfigured


def write_config(directory: Path, text: str) -> Path:
    path = directory / "spanglass.toml"
    path.write_text(text)
    return path


def failure(tmp_path: Path, environ: dict[str, str] | None = None, **overrides: object) -> tuple[str, str]:
    with pytest.raises(Misconfigured) as caught:
        load_settings(overrides, environ=environ or {}, directory=tmp_path)
    return caught.value.message, caught.value.hint


def test_defaults_are_the_documented_ones(tmp_path: Path) -> None:
    settings = load_settings(environ={}, directory=tmp_path)
    assert (settings.host, settings.port, settings.grpc_port) == ("127.0.0.1", 4318, 4317)
    assert settings.auth_mode == "off"
    assert settings.metadata_url == f"sqlite:///{settings.data_dir}/metadata.db"


def test_the_command_line_wins_over_the_environment_over_the_file_over_the_default(tmp_path: Path) -> None:
    write_config(tmp_path, "port = 1\ngrpc_port = 1\nhost = 'localhost'\n")
    environ = {"SPANGLASS_PORT": "2", "SPANGLASS_GRPC_PORT": "2"}
    configuration = load_configuration({"port": 3, "host": None}, environ=environ, directory=tmp_path)
    settings = configuration.settings
    assert (settings.port, settings.grpc_port, settings.host) == (3, 2, "localhost")
    assert settings.auth == "auto"
    assert configuration.origins == {
        "port": "--port",
        "grpc_port": "SPANGLASS_GRPC_PORT",
        "host": str(tmp_path / "spanglass.toml"),
    }


def test_a_named_file_wins_over_the_one_in_the_working_directory(tmp_path: Path) -> None:
    write_config(tmp_path, "port = 1")
    other = tmp_path / "other.toml"
    other.write_text("port = 2")
    environ = {"SPANGLASS_CONFIG": str(other)}
    assert load_settings(environ=environ, directory=tmp_path).port == 2
    assert load_settings(environ={}, config_file=other, directory=tmp_path).port == 2


def test_an_empty_variable_counts_as_unset(tmp_path: Path) -> None:
    assert load_settings(environ={"SPANGLASS_PORT": ""}, directory=tmp_path).port == 4318


def test_sizes_may_have_units(tmp_path: Path) -> None:
    environ = {"SPANGLASS_QUEUE_BYTES_MAX": "64MiB"}
    assert load_settings(environ=environ, directory=tmp_path).queue_bytes_max == 64 * 1024 * 1024


def test_an_unknown_name_in_the_file_names_the_nearest_setting(tmp_path: Path) -> None:
    path = write_config(tmp_path, "grpcport = 1")
    message, hint = failure(tmp_path)
    assert message == f"{path}: there is no setting 'grpcport'"
    assert hint == "did you mean 'grpc_port'?"


def test_a_bad_value_names_setting_value_and_origin(tmp_path: Path) -> None:
    message, _ = failure(tmp_path, {"SPANGLASS_PORT": "70000"})
    assert message.startswith("port = '70000' (from SPANGLASS_PORT): ")
    assert failure(tmp_path, port="x")[0].startswith("port = 'x' (from --port): ")
    path = write_config(tmp_path, "fsync = 'perhaps'")
    assert failure(tmp_path)[0].startswith(f"fsync = 'perhaps' (from {path}): ")


def test_a_bad_url_is_told_without_its_password(tmp_path: Path) -> None:
    message, hint = failure(tmp_path, {"SPANGLASS_DATABASE_URL": "mysql://root:hunter2@db/x"})
    assert "hunter2" not in message + hint
    assert "postgresql://" in message


@pytest.mark.parametrize(
    ("text", "word"), [("port = ", "valid TOML"), ("port = 4318\nport = 1", "valid TOML")]
)
def test_a_broken_file_is_told(tmp_path: Path, text: str, word: str) -> None:
    write_config(tmp_path, text)
    assert word in failure(tmp_path)[0]


def test_a_named_file_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        Misconfigured, match=r"there is no configuration file .*nowhere\.toml \(from --config\)"
    ):
        load_settings(environ={}, config_file=tmp_path / "nowhere.toml")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8"])
def test_a_loopback_address_needs_no_key_unless_told(host: str, tmp_path: Path) -> None:
    def mode(auth: str) -> str:
        return load_settings({"host": host, "auth": auth}, environ={}, directory=tmp_path).auth_mode

    assert (mode("auto"), mode("off"), mode("required")) == ("off", "off", "required")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "observability.internal"])
def test_any_other_address_needs_a_key_and_refuses_to_go_without(host: str, tmp_path: Path) -> None:
    assert load_settings({"host": host}, environ={}, directory=tmp_path).auth_mode == "required"
    message, _ = failure(tmp_path, host=host, auth="off")
    assert message.startswith("auth = 'off' (from --auth): ")
    assert host in message


def test_postgresql_is_reached_through_psycopg(tmp_path: Path) -> None:
    environ = {"SPANGLASS_DATABASE_URL": "postgresql://u:p@db/spanglass"}
    settings = load_settings(environ=environ, directory=tmp_path)
    assert settings.metadata_url == "postgresql+psycopg://u:p@db/spanglass"
    assert "u:p" not in repr(settings)


def test_a_misspelled_variable_is_found_and_a_foreign_one_is_not() -> None:
    environ = {"SPANGLASS_PROT": "1", "SPANGLASS_PORT": "1", "SPANGLASS_API_KEY": "x", "PATH": "/bin"}
    assert find_unknown_variables(environ) == [("SPANGLASS_PROT", "SPANGLASS_PORT")]


def test_the_reference_page_is_current() -> None:
    page = Path(__file__).parents[3] / "docs" / "configuration.md"
    assert page.read_text(encoding="utf-8") == render_reference(), (
        "run: python -m spanglass_server.app.settings_reference docs/configuration.md"
    )
