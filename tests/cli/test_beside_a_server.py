"""Commands beside a running server."""

import json
import signal
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from tests.cli.processes import first_line, free_port, run, started, stop

pytestmark = pytest.mark.slow


def status_of(url: str, key: str) -> int:
    request = urllib.request.Request(f"{url}/api/v1/status", headers={"Authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.mark.parametrize("auth", ["off", "required"])
def test_keys_doctor_and_deletion_work_beside_a_running_server(tmp_path: Path, auth: str) -> None:
    port = free_port()
    config = tmp_path / "spanglass.toml"
    config.write_text(f"port = {port}\ngrpc_port = 0\nauth = '{auth}'\n")
    with started("serve", data_dir=tmp_path) as server:
        url = first_line(server).split()[-1]
        made = json.loads(run("keys", "create", "--project", "shop", "--json", data_dir=tmp_path).stdout)
        assert status_of(url, made["secret_key"]) == 200
        assert status_of(url, "sk-sg-wrong") == 401

        doctor = run("doctor", "--json", data_dir=tmp_path)
        assert doctor.returncode == 0, doctor.stdout
        found = {one["check"]: one for one in json.loads(doctor.stdout)["findings"]}
        assert found[f"port {port}"]["message"] == f"Spanglass is running: {url}"
        assert found["exporter"]["state"] == ("ok" if auth == "off" else "warning")

        deleted = run("projects", "delete", "shop", "--yes", "--json", data_dir=tmp_path)
        assert json.loads(deleted.stdout) == {"deleted": "shop"}, deleted.stderr
        left = json.loads(run("projects", "list", "--json", data_dir=tmp_path).stdout)
        assert [project["name"] for project in left] == ["default"]
        assert stop(server, signal.SIGTERM) == 0


def test_a_server_with_other_data_is_not_asked_to_delete(tmp_path: Path) -> None:
    port = free_port()
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    for directory in (here, there):
        (directory / "spanglass.toml").write_text(f"port = {port}\ngrpc_port = 0\n")
    with started("serve", data_dir=here) as server:
        first_line(server)
        run("projects", "create", "shop", data_dir=there)
        refused = run("projects", "delete", "shop", "--yes", data_dir=there)
        assert refused.returncode == 1
        assert "keeps other data" in refused.stderr
        assert stop(server, signal.SIGTERM) == 0


def test_a_free_port_is_taken_and_told(tmp_path: Path) -> None:
    with started("serve", "--port", "0", "--grpc-port", "0", data_dir=tmp_path) as server:
        url = first_line(server).split()[-1]
        assert not url.endswith(":0")
        assert status_of(url, "") == 401, "an empty key is a wrong key"
        assert stop(server, signal.SIGINT) == 0
