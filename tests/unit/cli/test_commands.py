import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from spanglass_server.cli.main import main


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPANGLASS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SPANGLASS_PORT", str(free_port()))
    monkeypatch.setenv("SPANGLASS_GRPC_PORT", "0")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Spanglass:
    """The command, run in this process: exit status, standard output, standard error."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        self._monkeypatch.setattr(sys, "argv", ["spanglass", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        printed = self._capsys.readouterr()
        return int(end.value.code or 0), printed.out, printed.err

    def json(self, *arguments: str) -> object:
        status, out, err = self(*arguments, "--json")
        assert status == 0, err
        return json.loads(out)


@pytest.fixture
def spanglass(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Spanglass:
    return Spanglass(monkeypatch, capsys)


def test_help_teaches_how_to_begin(spanglass: Spanglass) -> None:
    status, out, _ = spanglass("--help")
    assert status == 0
    for word in ("spanglass demo", "spanglass serve", "spanglass doctor", "projects", "keys"):
        assert word in out


def test_help_comes_at_once() -> None:
    """No command may pull the engine, the web framework or the database layer into start-up."""
    script = (
        "import sys; import spanglass_server.cli.main; "
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    out = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    heavy = {"chdb", "fastapi", "sqlalchemy", "alembic", "pyarrow", "numpy", "grpc", "pydantic", "openai"}
    assert heavy.isdisjoint(out.split())


def test_version(spanglass: Spanglass) -> None:
    assert spanglass("--version")[1].startswith("spanglass ")
    assert spanglass.json("version").keys() == {"version"}


def test_making_a_key_makes_its_project(spanglass: Spanglass) -> None:
    made = spanglass.json("keys", "create", "--project", "Shop")
    assert isinstance(made, dict)
    assert list(made) == ["project", "public_key", "secret_key"]
    assert made["project"] == "shop"
    second = spanglass.json("keys", "create", "--project", "shop", "--scope", "admin", "--note", "ops")
    assert isinstance(second, dict)
    assert second["secret_key"] != made["secret_key"]
    listed = spanglass.json("keys", "list", "--project", "shop")
    assert isinstance(listed, list)
    assert [(key["public_key"], key["scopes"], key["note"]) for key in listed] == [
        (made["public_key"], ["ingest", "read"], ""),
        (second["public_key"], ["admin"], "ops"),
    ]


def test_a_key_for_people_comes_with_what_to_do_with_it(spanglass: Spanglass) -> None:
    _, out, _ = spanglass("keys", "create", "--project", "shop")
    assert "OTEL_EXPORTER_OTLP_HEADERS" in out
    assert "shown once" in out


def test_a_revoked_key_is_gone(spanglass: Spanglass) -> None:
    made = spanglass.json("keys", "create", "--project", "shop")
    assert isinstance(made, dict)
    assert spanglass.json("keys", "revoke", made["public_key"]) == {"revoked": made["public_key"]}
    assert spanglass.json("keys", "list", "--project", "shop") == []
    status, _, err = spanglass("keys", "revoke", made["public_key"])
    assert status == 2
    assert err.startswith("error: there is no key 'pk-sg-")


def test_projects_are_made_listed_and_kept_for_a_while(spanglass: Spanglass) -> None:
    spanglass.json("projects", "create", "shop")
    assert "shop: keeps traces 30 days" in spanglass("projects", "retention", "shop", "30")[1]
    listed = spanglass.json("projects", "list")
    assert isinstance(listed, list)
    assert [(project["name"], project["retention_days"]) for project in listed] == [
        ("default", None),
        ("shop", 30),
    ]
    assert "for ever" in spanglass("projects", "retention", "shop", "forever")[1]
    assert "shop" in spanglass("projects", "list")[1]


@pytest.mark.parametrize(
    "arguments",
    [
        ("projects", "create", "no good"),
        ("projects", "retention", "default", "soon"),
        ("projects", "retention", "nowhere", "3"),
        ("keys", "list", "--project", "nowhere"),
        ("keys", "create", "--project", "shop", "--scope", "everything"),
        ("keys", "create"),
        ("dance",),
    ],
)
def test_misuse_is_exit_status_2(spanglass: Spanglass, arguments: tuple[str, ...]) -> None:
    status, out, err = spanglass(*arguments)
    assert status == 2
    assert out == ""
    assert "Traceback" not in err


def test_bad_configuration_is_exit_status_1_and_two_lines(
    spanglass: Spanglass, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPANGLASS_PORT", "none")
    status, _, err = spanglass("projects", "list")
    assert status == 1
    assert err.splitlines()[0].startswith("error: port = 'none' (from SPANGLASS_PORT)")
    assert err.splitlines()[1].startswith("hint: ")


def test_a_project_is_deleted_through_the_server_only(spanglass: Spanglass) -> None:
    spanglass.json("projects", "create", "shop")
    status, _, err = spanglass("projects", "delete", "shop", "--yes")
    assert status == 1
    assert "no server answers" in err
    assert spanglass.json("keys", "list", "--project", "shop") == [], "the key made for the call is gone"


def findings(spanglass: Spanglass) -> tuple[int, dict[str, tuple[str, str]]]:
    status, out, _ = spanglass("doctor", "--json")
    told = json.loads(out)
    assert told["ok"] == (status == 0)
    return status, {
        one["check"]: (one["state"], one["message"] + " " + one["fix"]) for one in told["findings"]
    }


def test_doctor_is_content_with_a_fresh_machine(spanglass: Spanglass) -> None:
    status, found = findings(spanglass)
    assert status == 0
    assert {state for state, _ in found.values()} <= {"ok", "warning"}
    assert {"configuration", "clock", "data directory", "embedded ClickHouse", "metadata"} <= found.keys()


def test_doctor_names_the_port_that_something_else_holds(
    spanglass: Spanglass, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        listener.settimeout(0.1)
        monkeypatch.setenv("SPANGLASS_GRPC_PORT", str(port))
        status, found = findings(spanglass)
    assert status == 1
    state, words = found[f"port {port}"]
    assert state == "failure"
    assert "--grpc-port" in words


def test_doctor_finds_a_misspelled_variable(spanglass: Spanglass, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPANGLASS_RETENTION_DAY", "3")
    _, out, _ = spanglass("doctor")
    assert "did you mean SPANGLASS_RETENTION_DAYS?" in out


def test_doctor_looks_at_rule_files(
    spanglass: Spanglass, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "good.yml").write_text("groups: [{name: g, rules: [{record: a, expr: up}]}]")
    (tmp_path / "bad.yml").write_text("groups: [{name: g, rules: [{alert: A, expr: 'up >'}]}]")
    monkeypatch.setenv("SPANGLASS_RULE_FILES", "good.yml,shop=bad.yml,none.yml,no*.yml")
    status, out, _ = spanglass("doctor")
    assert status == 1
    assert "good.yml: 1 rules" in out
    assert 'group "g", rule "A": could not parse expression' in out
    assert "cannot read none.yml: No such file" in out
    assert "no file matches no*.yml" in out


def test_doctor_tells_bad_configuration_and_stops(
    spanglass: Spanglass, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPANGLASS_FSYNC", "perhaps")
    status, found = findings(spanglass)
    assert status == 1
    assert found.keys() == {"configuration"}


def test_doctor_says_when_the_exporter_points_nowhere(
    spanglass: Spanglass, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    status, found = findings(spanglass)
    assert status == 1
    assert found["exporter"][0] == "failure"


def test_commands_answer_quickly_beside_each_other(tmp_path: Path) -> None:
    """Three processes that make keys at the same time, on one new database."""
    begin = time.monotonic()
    command = [sys.executable, "-m", "spanglass_server.cli", "keys", "create", "--project", "shop", "--json"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    made = [json.loads(process.communicate(timeout=60)[0]) for process in running]
    assert len({one["secret_key"] for one in made}) == 3
    assert time.monotonic() - begin < 30
