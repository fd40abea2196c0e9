"""amtool, Debian's, against a real server."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.spanglass_process import SpanglassProcess

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpanglassProcess]:
    directory = tmp_path_factory.mktemp("amtool")
    config = directory / "alertmanager.yml"
    config.write_text(
        'route: {receiver: team, routes: [{matchers: [severity="critical"], receiver: on-call}]}\n'
        "receivers: [{name: team, webhook_configs: [{url: 'https://x.example/S3CRET'}]}, {name: on-call}]\n"
    )
    process = SpanglassProcess(directory / "data", NOTIFICATION_CONFIG=str(config))
    yield process
    process.terminate()


def _amtool(server: SpanglassProcess, *arguments: str, is_json: bool = True) -> Any:
    program = shutil.which("amtool")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("amtool is missing; on Debian: apt-get install prometheus-alertmanager")
        pytest.skip("amtool is missing; on Debian: apt-get install prometheus-alertmanager")
    done = subprocess.run(
        [
            program,
            f"--alertmanager.url={server.url}/alertmanager",
            *(("-o", "json") if is_json else ()),
            *arguments,
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HOME": str(Path(server.data_dir))},
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout) if is_json else done.stdout.strip()


def test_a_silence_is_added_found_changed_and_expired(server: SpanglassProcess) -> None:
    made = _amtool(
        server,
        *("silence", "add", "alertname=Slow", "feature=~s.*", "-c", "known", "-a", "ada", "-d", "2h"),
        is_json=False,
    )
    found = _amtool(server, "silence", "query")
    assert [one["id"] for one in found] == [made]
    assert found[0]["comment"] == "known"
    assert {(one["name"], one["value"], one["isRegex"]) for one in found[0]["matchers"]} == {
        ("alertname", "Slow", False),
        ("feature", "s.*", True),
    }
    assert _amtool(server, "silence", "query", "alertname=Other") == []
    _amtool(server, "silence", "update", "-d", "3h", made)
    _amtool(server, "silence", "expire", made, is_json=False)
    assert _amtool(server, "silence", "query") == []
    assert [one["id"] for one in _amtool(server, "silence", "query", "--expired")] == [made]


def test_alerts_and_the_configuration_are_shown(server: SpanglassProcess) -> None:
    assert isinstance(_amtool(server, "alert", "query"), list)
    shown = _amtool(server, "config", "show", is_json=False)
    assert "on-call" in shown
    assert "S3CRET" not in shown
    assert _amtool(server, "config", "routes", "test", "severity=critical", is_json=False) == "on-call"


def test_refusals_are_texts_with_a_status(server: SpanglassProcess) -> None:
    answer = httpx.get(f"{server.url}/alertmanager/api/v2/silence/none", trust_env=False)
    assert (answer.status_code, answer.json()) == (404, "there is no silence `none`")
    answer = httpx.get(f"{server.url}/alertmanager/api/v2/alerts", params={"filter": "{"}, trust_env=False)
    assert answer.status_code == 400
    assert httpx.get(f"{server.url}/alertmanager/api/v2/alerts/groups", trust_env=False).json() == []
    assert httpx.get(f"{server.url}/alertmanager/api/v2/receivers", trust_env=False).json() == [
        {"name": "team"},
        {"name": "on-call"},
    ]
